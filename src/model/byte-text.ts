/**
 * Bytes that are not UTF-8 stand in a text as lone surrogates, U+DC80 for the byte 0x80 and so on,
 * which no UTF-8 decodes to: such texts go to bytes and back whole. Elsewhere they show as U+FFFD,
 * which is also how upstream's JSON shows them.
 */
const firstSurrogate = 0xdc00

/** The text of latin1 bytes. */
export function textOfBytes(bytes: string): string {
  if (/^[\0-\x7f]*$/.test(bytes)) return bytes
  const decoded = Buffer.from(bytes, 'latin1').toString('utf8')
  if (!decoded.includes('\ufffd')) return decoded
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const length = runeLength(bytes, at)
    if (length === 0) text += String.fromCharCode(firstSurrogate + bytes.charCodeAt(at++))
    else {
      text += Buffer.from(bytes.slice(at, at + length), 'latin1').toString('utf8')
      at += length
    }
  }
  return text
}

/** The bytes of a text as latin1. */
export function bytesOfText(text: string): string {
  if (/^[\0-\x7f]*$/.test(text)) return text
  return text.replace(/[^\0-\x7f]+/gu, (run) =>
    /[\udc80-\udcff]/u.test(run) ? [...run].map(bytesOfRune).join('') : utf8(run),
  )
}

function bytesOfRune(rune: string): string {
  const code = rune.codePointAt(0) ?? 0
  return code >= 0xdc80 && code <= 0xdcff ? String.fromCharCode(code - firstSurrogate) : utf8(rune)
}

function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

/** How many bytes the UTF-8 character at the place has; 0 where it is none. */
export function runeLength(bytes: string, place: number): number {
  const first = bytes.charCodeAt(place)
  if (first < 0x80) return 1
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
  const found = Buffer.from(bytes.slice(place, place + length), 'latin1')
  if (found.length < length) return 0
  const decoded = found.toString('utf8')
  // A wrong byte decodes to U+FFFD, which is also a character of its own of three bytes.
  const isReplacement = decoded === '\ufffd' && found.toString('latin1') !== '\xef\xbf\xbd'
  return isReplacement || Buffer.byteLength(decoded) !== length || [...decoded].length !== 1
    ? 0
    : length
}
