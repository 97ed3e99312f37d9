import { bytesOf, goBytes } from './template-bytes.ts'
import { FunctionError } from './template-function.ts'
import { fixedLocation, localLocation, utcLocation } from './template-location.ts'
import {
  formatTime,
  type PlacedTime,
  restOfSecond,
  unixSecondsOf,
  wallTime,
} from './template-time.ts'
import { parseTime, TimeParseError } from './template-time-parser.ts'
import { GoError, type GoList, GoTime, type GoValue } from './template-values.ts'

/** From Go's zero time, the first day of year 1, to 1970. */
const unixFromYearOne = 62_135_596_800n
const secondNanoseconds = 1_000_000_000n
const plainLength = 15

/** What time.Time encodes itself as, behind bytes that are there; throws FunctionError. */
const encoders: Readonly<Record<string, (time: GoTime, before: GoValue) => GoList>> = {
  MarshalBinary: (time) => goBytes(binary(time)),
  GobEncode: (time) => goBytes(binary(time)),
  AppendBinary: (time, before) => appended(before, binary(time)),
  MarshalText: (time) => goBytes(Buffer.from(strictText(time, 'MarshalText'))),
  AppendText: (time, before) => appended(before, Buffer.from(strictText(time, 'AppendText'))),
  MarshalJSON: (time) => goBytes(Buffer.from(`"${strictText(time, 'MarshalJSON')}"`)),
}

/** What makes a time of bytes. */
const decoders: Readonly<Record<string, (bytes: Buffer) => PlacedTime | undefined>> = {
  UnmarshalBinary: fromBinary,
  GobDecode: fromBinary,
  UnmarshalText: (bytes) => parseTime(bytes.toString()),
  UnmarshalJSON: fromJson,
}

export function timeEncoder(name: string): ((time: GoTime, before: GoValue) => GoList) | undefined {
  return encoders[name]
}

/** Changes the time; what is wrong with the bytes is its answer. */
export function timeDecoder(name: string): ((time: GoTime, bytes: GoValue) => GoError) | undefined {
  const decode = decoders[name]
  if (decode === undefined) return undefined
  return (time, given) => {
    try {
      const found = decode(bytesOf(given))
      if (found !== undefined) time.become(found)
      return new GoError(undefined)
    } catch (thrown) {
      if (thrown instanceof TimeParseError) {
        time.become(new GoTime(-unixFromYearOne * secondNanoseconds))
        return new GoError(thrown.message, '*time.ParseError')
      }
      if (!(thrown instanceof FunctionError)) throw thrown
      return new GoError(thrown.message)
    }
  }
}

export function appended(before: GoValue, bytes: Uint8Array): GoList {
  return goBytes(Buffer.concat([bytesOf(before), bytes]))
}

function strictText(time: GoTime, method: string): string {
  const { date, offsetSeconds } = wallTime(time)
  const year = date.getUTCFullYear()
  if (year < 0 || year > 9_999) throw refused(method, 'year outside of range [0,9999]')
  if (Math.abs(offsetSeconds) >= 24 * 3_600) {
    throw refused(method, 'timezone hour outside of range [0,23]')
  }
  return formatTime(time, '2006-01-02T15:04:05.999999999Z07:00')
}

function refused(method: string, why: string): FunctionError {
  return new FunctionError(`Time.${method}: ${why}`)
}

/** Version, seconds since year 1, nanoseconds, and the offset in minutes, -1 for UTC; then seconds. */
function binary(time: GoTime): Buffer {
  const { offsetSeconds } = wallTime(time)
  const rest = offsetSeconds % 60
  const minutes = Math.trunc(offsetSeconds / 60)
  if (time.location !== utcLocation && minutes === -1) {
    throw refused('MarshalBinary', 'unexpected zone offset')
  }
  const isLong = rest !== 0
  const bytes = Buffer.alloc(plainLength + (isLong ? 1 : 0))
  bytes.writeUInt8(isLong ? 2 : 1, 0)
  bytes.writeBigInt64BE(unixSecondsOf(time.nanoseconds) + unixFromYearOne, 1)
  bytes.writeUInt32BE(Number(restOfSecond(time.nanoseconds)), 9)
  bytes.writeInt16BE(time.location === utcLocation ? -1 : minutes, 13)
  if (isLong) bytes.writeInt8(rest, plainLength)
  return bytes
}

function fromBinary(bytes: Buffer): PlacedTime {
  if (bytes.length === 0) throw refused('UnmarshalBinary', 'no data')
  const version = bytes[0]
  if (version !== 1 && version !== 2) throw refused('UnmarshalBinary', 'unsupported version')
  if (bytes.length !== plainLength + version - 1) {
    throw refused('UnmarshalBinary', 'invalid length')
  }
  const seconds = bytes.readBigInt64BE(1) - unixFromYearOne
  const nanoseconds = seconds * secondNanoseconds + BigInt(bytes.readUInt32BE(9))
  const minutes = bytes.readInt16BE(13)
  const offset = minutes * 60 + (version === 2 ? bytes.readUInt8(plainLength) : 0)
  return { nanoseconds, location: locationOf(offset, seconds) }
}

/** UTC is written as the offset of a minute to the west. */
function locationOf(offsetSeconds: number, unixSeconds: bigint): PlacedTime['location'] {
  if (offsetSeconds === -60) return utcLocation
  const isLocal = localLocation.at(Number(unixSeconds)).offsetSeconds === offsetSeconds
  return isLocal ? localLocation : fixedLocation(offsetSeconds)
}

function fromJson(bytes: Buffer): PlacedTime | undefined {
  const text = bytes.toString()
  if (text === 'null') return undefined
  if (!/^"[\s\S]*"$/.test(text) || text.length < 2) {
    throw refused('UnmarshalJSON', 'input is not a JSON string')
  }
  return parseTime(text.slice(1, -1))
}
