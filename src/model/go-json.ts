/** What Go's encoder writes, which also escapes what HTML minds. */
export function goJson(value: unknown): string {
  return wellFormedJson(value).replace(
    /[<>&\u2028\u2029]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** JSON in which a byte that is no UTF-8, a lone surrogate in our texts, shows as U+FFFD. */
export function wellFormedJson(value: unknown): string {
  const json = JSON.stringify(value)
  if (!json.includes('\\ud')) return json
  // Escaped is only the surrogate that is alone; any other escape is passed over whole.
  return json.replace(/\\(?:(ud[89a-f][\da-f]{2})|.)/g, (one: string, surrogate?: string) =>
    surrogate === undefined ? one : '\\ufffd',
  )
}
