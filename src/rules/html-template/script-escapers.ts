const named: Readonly<Record<string, string>> = {
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '/': '\\/',
  '\\': '\\\\',
}

/** Between quotes of a script, which may stand in an attribute. */
export function scriptStringText(text: string): string {
  return text.replace(/[\p{Cc}"&'+/<>\\`\u2028\u2029]/gu, shown)
}

/** Between the backquotes of a script. */
export function templateLiteralText(text: string): string {
  return text.replace(/[\p{Cc}"&'+/<>\\`\u2028\u2029${}]/gu, shown)
}

/** Within a regular expression, where it stands for itself. */
export function scriptRegexText(text: string): string {
  // Nothing at all would leave a comment.
  if (text === '') return '(?:)'
  return text.replace(/[\p{Cc}"&'+/<>\\\u2028\u2029$()*\-.?[\]^{|}]/gu, (character) =>
    '$()*-.?[]^{|}'.includes(character) ? `\\${character}` : shown(character),
  )
}

function shown(character: string): string {
  // Control characters beyond ASCII's first ones need no escape.
  if (/[\x7f-\x9f]/.test(character)) return character
  return named[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
