const escapes: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
}

/** Bytes in double quotes as Go's %q writes them: upstream's messages quote pages that way. */
export function goQuote(bytes: Uint8Array): string {
  let quoted = '"'
  for (let offset = 0; offset < bytes.length; ) {
    const byte = bytes[offset] ?? 0
    const known = escapes[byte]
    if (known !== undefined) quoted += known
    else if (byte < 0x20 || byte === 0x7f) quoted += hexEscape(byte)
    else if (byte < 0x80) quoted += String.fromCharCode(byte)
    else {
      const length = runeLength(bytes, offset)
      quoted += length === 0 ? hexEscape(byte) : runeText(bytes.subarray(offset, offset + length))
      offset += Math.max(length, 1)
      continue
    }
    offset++
  }
  return `${quoted}"`
}

/** Bytes of the UTF-8 sequence that starts there, or 0 where none does. */
function runeLength(bytes: Uint8Array, offset: number): number {
  const byte = bytes[offset] ?? 0
  const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 0
  const slice = bytes.subarray(offset, offset + length)
  if (length === 0 || slice.length < length) return 0
  return new TextDecoder().decode(slice).includes('\ufffd') ? 0 : length
}

function runeText(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes)
  if (/[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(text)) return text
  const point = text.codePointAt(0) ?? 0
  return point > 0xffff
    ? `\\U${point.toString(16).padStart(8, '0')}`
    : `\\u${point.toString(16).padStart(4, '0')}`
}

function hexEscape(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`
}
