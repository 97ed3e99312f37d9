/** What characters of a style, backslashes and what follows them taken together, stand for. */
export function styleText(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(
    /\\(?:([0-9a-f]{1,6})(\r\n|[\t\n\f\r ])?|(.)|$)/gisu,
    (_all, digits: string | undefined, blank = '', other = '') =>
      digits === undefined ? other : characterOf(digits, blank),
  )
}

/** A blank behind the digits ends them, and stands for nothing. */
function characterOf(digits: string, blank: string): string {
  const code = Number.parseInt(digits, 16)
  // Too much: the last digit stands for itself.
  if (code > 0x10ffff) return characterOf(digits.slice(0, -1), '') + digits.slice(-1) + blank
  return code >= 0xd800 && code <= 0xdfff ? '\ufffd' : String.fromCodePoint(code)
}
