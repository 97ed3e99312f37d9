/** Bytes that are looked at. */
const lookedAt = 512

const htmlStart =
  /^[\t\n\f\r ]*<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|!--)[ >]/i

/** The type that Go's servers guess from how a text begins (https://mimesniff.spec.whatwg.org). */
export function textContentType(text: Buffer): string {
  const start = text.toString('latin1', 0, lookedAt)
  if (htmlStart.test(start)) return 'text/html; charset=utf-8'
  if (/^[\t\n\f\r ]*<\?xml/.test(start)) return 'text/xml; charset=utf-8'
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const isBinary = /[\0-\x08\x0b\x0e-\x1a\x1c-\x1f]/.test(start)
  return isBinary ? 'application/octet-stream' : 'text/plain; charset=utf-8'
}
