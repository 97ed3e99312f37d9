/** Powers of ten that a double holds exactly. */
const powersOfTen = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`))

/**
 * A plain decimal (`-12.5e+03`) that ends before a blank or a line break: written to `into[index]`;
 * answers where it ends, or -1 for everything else, which a parser decides. At most 15 digits
 * and a power of ten up to 22 make one exact operation (Clinger); more digits go through Number.
 */
export function scanDecimal(
  bytes: Uint8Array,
  from: number,
  into: Float64Array,
  index: number,
): number {
  let at = from
  const isNegative = bytes[at] === 0x2d
  if (isNegative) at++
  const first = at
  let mantissa = 0
  let byte = bytes[at] ?? 0
  while (byte >= 0x30 && byte <= 0x39) {
    mantissa = mantissa * 10 + (byte - 0x30)
    byte = bytes[++at] ?? 0
  }
  let digits = at - first
  let scale = 0
  if (byte === 0x2e) {
    const point = at
    byte = bytes[++at] ?? 0
    while (byte >= 0x30 && byte <= 0x39) {
      mantissa = mantissa * 10 + (byte - 0x30)
      byte = bytes[++at] ?? 0
    }
    scale = point + 1 - at
    digits -= scale
  }
  if (digits === 0) return -1
  if (byte === 0x65) {
    const sign = bytes[at + 1]
    const isDown = sign === 0x2d
    let digitAt = at + (isDown || sign === 0x2b ? 2 : 1)
    const exponentAt = digitAt
    let exponent = 0
    byte = bytes[digitAt] ?? 0
    while (byte >= 0x30 && byte <= 0x39 && exponent < 1_000) {
      exponent = exponent * 10 + (byte - 0x30)
      byte = bytes[++digitAt] ?? 0
    }
    if (digitAt === exponentAt) return -1
    scale += isDown ? -exponent : exponent
    at = digitAt
  }
  if (byte !== 0x0a && byte !== 0x20 && byte !== 0x09) return -1
  if (digits > 15 || scale > 22 || scale < -22) return longDecimal(bytes, from, at, into, index)
  const power = powersOfTen[scale < 0 ? -scale : scale] ?? 1
  const value = scale < 0 ? mantissa / power : mantissa * power
  into[index] = isNegative ? -value : value
  return at
}

function longDecimal(
  bytes: Uint8Array,
  from: number,
  to: number,
  into: Float64Array,
  index: number,
): number {
  // One string for the number; joining characters would make one for each of them.
  const view = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset)
  const text = view.toString('latin1', from, to)
  const value = Number(text)
  if (!Number.isFinite(value)) return -1
  into[index] = value
  return to
}
