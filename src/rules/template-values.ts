import { compareBytes } from '../model/byte-order.ts'
import type { NativeHistogram } from '../model/histogram.ts'
import { goDurationText } from './template-duration.ts'
import { GoLocation, utcLocation } from './template-location.ts'
import type { PlacedTime } from './template-time.ts'

/**
 * A value of Go's template language: undefined is no value (and nil), a number a float64, a bigint
 * an int; what Go has types of its own for are the classes below.
 */
export type GoValue = undefined | boolean | string | number | bigint | GoObject

export type GoObject =
  | GoInteger
  | GoMap
  | GoList
  | GoRecord
  | GoTime
  | GoLocation
  | GoError
  | GoDuration
  | GoHistogram
  | SafeHtml

/** Integers other than int. */
export class GoInteger {
  constructor(
    readonly type:
      | 'int32'
      | 'int64'
      | 'uint'
      | 'uint8'
      | 'uint32'
      | 'uint64'
      | 'histogram.CounterResetHint'
      | 'time.Month'
      | 'time.Weekday',
    readonly value: bigint,
  ) {}
}

export class GoMap {
  constructor(
    readonly elementType: 'string' | 'interface {}' | '[]string',
    readonly entries: ReadonlyMap<string, GoValue>,
    readonly type = `map[string]${elementType}`,
  ) {}

  /** In the order in which Go prints and ranges over maps. */
  sorted(): readonly (readonly [string, GoValue])[] {
    return [...this.entries].sort(([a], [b]) => compareBytes(a, b))
  }
}

export class GoList {
  constructor(
    readonly type: string,
    readonly items: readonly GoValue[],
  ) {}
}

/** A struct, or a pointer to one. */
export class GoRecord {
  constructor(
    readonly type: string,
    readonly fields: ReadonlyMap<string, GoValue>,
  ) {}
}

export class GoTime implements PlacedTime {
  /** What `toTime` answers is a pointer, what methods answer is the time itself. */
  constructor(
    public nanoseconds: bigint,
    public location = utcLocation,
    readonly isPointer = false,
  ) {}

  /** What decoding does to the time behind a pointer. */
  become({ nanoseconds, location }: PlacedTime): void {
    this.nanoseconds = nanoseconds
    this.location = location
  }
}

export class GoDuration {
  constructor(
    readonly nanoseconds: bigint,
    readonly isPointer = true,
  ) {}

  text(): string {
    return goDurationText(this.nanoseconds)
  }

  /** As Go divides: the whole units, and then the rest. */
  inUnits(unitNanoseconds: bigint): number {
    const rest = Number(this.nanoseconds % unitNanoseconds) / Number(unitNanoseconds)
    return Number(this.nanoseconds / unitNanoseconds) + rest
  }
}

export class GoHistogram {
  constructor(readonly histogram: NativeHistogram) {}
}

/** Go's error: undefined where nothing is wrong. */
export class GoError {
  constructor(
    readonly message: string | undefined,
    readonly type = '*errors.errorString',
  ) {}
}

/** Text that is not escaped in HTML. */
export class SafeHtml {
  constructor(readonly text: string) {}
}

export const queryResultType = 'template.queryResult'
const sampleType = '*template.sample'

/** A sample as queries in templates answer it. */
export function goSample(labels: Iterable<readonly [string, string]>, value: GoValue): GoRecord {
  const fields = new Map<string, GoValue>([
    ['Labels', new GoMap('string', new Map(labels))],
    ['Value', value],
  ])
  return new GoRecord(sampleType, fields)
}

/** The name of the value's type in Go, as messages show it. */
export function typeName(value: GoValue): string {
  switch (typeof value) {
    case 'undefined':
      return 'nil'
    case 'boolean':
      return 'bool'
    case 'string':
      return 'string'
    case 'number':
      return 'float64'
    case 'bigint':
      return 'int'
  }
  if (value instanceof GoTime) return value.isPointer ? '*time.Time' : 'time.Time'
  if (value instanceof GoDuration) return value.isPointer ? '*time.Duration' : 'time.Duration'
  if (value instanceof GoHistogram) return '*histogram.FloatHistogram'
  if (value instanceof GoLocation) return '*time.Location'
  if (value instanceof SafeHtml) return 'template.HTML'
  return value.type
}

/** The whole number of any integer type. */
export function integerOf(value: GoValue): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (isDuration(value)) return value.nanoseconds
  return value instanceof GoInteger ? value.value : undefined
}

/** A duration itself, and no pointer to one. */
function isDuration(value: GoValue): value is GoDuration {
  return value instanceof GoDuration && !value.isPointer
}

export type BasicKind = 'bool' | 'int' | 'uint' | 'float' | 'string' | 'other'

/** Which values Go's comparisons take to be of one kind. */
export function basicKind(value: GoValue): BasicKind {
  switch (typeof value) {
    case 'boolean':
      return 'bool'
    case 'string':
      return 'string'
    case 'number':
      return 'float'
    case 'bigint':
      return 'int'
  }
  if (value instanceof SafeHtml) return 'string'
  if (isDuration(value)) return 'int'
  if (!(value instanceof GoInteger)) return 'other'
  return /^(?:uint|histogram)/.test(value.type) ? 'uint' : 'int'
}

/** Row R4.5: what if, with, and, or and not take for true. */
export function isTrue(value: GoValue): boolean {
  switch (typeof value) {
    case 'undefined':
      return false
    case 'boolean':
      return value
    case 'string':
      return value !== ''
    case 'number':
      // NaN differs from zero.
      return value !== 0
    case 'bigint':
      return value !== 0n
  }
  if (value instanceof GoInteger) return value.value !== 0n
  if (isDuration(value)) return value.nanoseconds !== 0n
  if (value instanceof GoMap) return value.entries.size > 0
  if (value instanceof GoList) return value.items.length > 0
  if (value instanceof GoError) return value.message !== undefined
  return value instanceof SafeHtml ? value.text !== '' : true
}
