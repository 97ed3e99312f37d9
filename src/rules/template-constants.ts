import { goQuote } from '../model/go-quote.ts'

/** What a constant cannot be, in the words of Go's strconv and template parser. */
export class ConstantError extends Error {
  override readonly name = 'ConstantError'
}

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
}

/** The text of a quoted or raw Go string. Throws ConstantError "invalid syntax". */
export function unquoted(quoted: string): string {
  if (quoted.startsWith('`')) return quoted.slice(1, -1).replaceAll('\r', '')
  const bytes: Buffer[] = []
  const inner = quoted.slice(1, -1)
  const own = quoted[0] ?? ''
  for (let at = 0; at < inner.length; ) {
    const found = pieceAt(inner, at, own)
    bytes.push(found.bytes)
    at = found.end
  }
  return Buffer.concat(bytes).toString('utf8')
}

function pieceAt(text: string, at: number, quote: string): { bytes: Buffer; end: number } {
  if (text[at] !== '\\') {
    const next = text.indexOf('\\', at)
    const end = next < 0 ? text.length : next
    return { bytes: Buffer.from(text.slice(at, end)), end }
  }
  const sign = text[at + 1] ?? ''
  const plain = escapes[sign]
  if (plain !== undefined) {
    const isOtherQuote = (sign === "'" || sign === '"') && sign !== quote
    if (isOtherQuote) throw new ConstantError('invalid syntax')
    return { bytes: Buffer.from(plain), end: at + 2 }
  }
  const pattern = /^(?:x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/
  const match = pattern.exec(text.slice(at + 1, at + 10))
  if (match === null) throw new ConstantError('invalid syntax')
  const [whole, hex, octal, short, long] = match
  const byte = hex !== undefined ? Number.parseInt(hex, 16) : Number.parseInt(octal ?? '', 8)
  const end = at + 1 + whole.length
  if (!Number.isNaN(byte)) {
    if (byte > 255) throw new ConstantError('invalid syntax')
    return { bytes: Buffer.from([byte]), end }
  }
  const code = Number.parseInt(short ?? long ?? '', 16)
  const isSurrogate = code >= 0xd800 && code < 0xe000
  if (code > 0x10ffff || isSurrogate) throw new ConstantError('invalid syntax')
  return { bytes: Buffer.from(String.fromCodePoint(code)), end }
}

export interface NumberConstant {
  readonly integer: bigint | undefined
  readonly float: number | undefined
}

const integerMax = 2n ** 63n - 1n
const unsignedMax = 2n ** 64n - 1n
const integerMin = -(2n ** 63n)

/** What a number or a character in quotes is. Throws ConstantError. */
export function numberConstant(text: string, kind: 'character' | 'number'): NumberConstant {
  if (kind === 'character') {
    const code = characterCode(text)
    return { integer: BigInt(code), float: code }
  }
  if (text.endsWith('i')) throw new ConstantError(`complex constants are not supported: ${text}`)
  const integer = integerOf(text)
  if (integer !== undefined) {
    if (integer > unsignedMax || integer < integerMin) {
      throw new ConstantError(`integer overflow: ${goQuote(text)}`)
    }
    return { integer: integer > integerMax ? undefined : integer, float: Number(integer) }
  }
  const float = floatOf(text)
  if (float === undefined) throw new ConstantError(`illegal number syntax: ${goQuote(text)}`)
  if (!/[.eEpP]/.test(text)) throw new ConstantError(`integer overflow: ${goQuote(text)}`)
  const isWhole = Number.isInteger(float) && Math.abs(float) < 2 ** 63
  return { integer: isWhole ? BigInt(float) : undefined, float }
}

/** Of the one character or escape between the quotes; an escape of a byte is that number. */
function characterCode(quoted: string): number {
  const inner = quoted.slice(1, -1)
  if (inner === '') throw new ConstantError('invalid syntax')
  const first = String.fromCodePoint(inner.codePointAt(0) ?? 0)
  const { bytes, end } =
    first === '\\' ? pieceAt(inner, 0, "'") : { bytes: Buffer.from(first), end: first.length }
  if (end !== inner.length) throw new ConstantError(`malformed character constant: ${quoted}`)
  return (bytes.length === 1 ? bytes[0] : bytes.toString().codePointAt(0)) ?? 0
}

/** Go's integers: a base prefix, and underscores between digits where there is one. */
function integerOf(text: string): bigint | undefined {
  const match = /^([+-]?)(0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|0[0-7_]*|[1-9][0-9_]*)$/.exec(
    text,
  )
  if (match === null || /__|_$/.test(text)) return undefined
  const digits = (match[2] ?? '').replaceAll('_', '')
  const isOldOctal = /^0[0-7]+$/.test(digits)
  const value = BigInt(isOldOctal ? `0o${digits.slice(1)}` : digits)
  return match[1] === '-' ? -value : value
}

function floatOf(text: string): number | undefined {
  if (/__|_$/.test(text)) return undefined
  const plain = text.replaceAll('_', '')
  const hex = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)$/.exec(plain)
  if (hex !== null) {
    const [, sign = '', whole = '', fraction = '', exponent = '0'] = hex
    if (whole + fraction === '') return undefined
    const mantissa = Number.parseInt(whole + fraction, 16)
    const value = mantissa * 2 ** (Number(exponent) - fraction.length * 4)
    return sign === '-' ? -value : value
  }
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(plain)) return undefined
  const value = Number(plain)
  return Number.isFinite(value) ? value : undefined
}
