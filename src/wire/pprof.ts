import {
  Function as Callee,
  Line,
  Location,
  Profile,
  Sample,
  StringTable,
  ValueType,
} from 'pprof-format'
import type { ProfileFrame, ProfileStack } from '../base/profiler.ts'

/** What a profile counts: type and unit of each value of its stacks, as pprof names them. */
export interface ProfileShape {
  readonly sampleTypes: readonly (readonly [type: string, unit: string])[]
  /** What one sample stands for, in the unit of the last type; 0 = it is not sampled. */
  readonly period: number
}

/** A profile in the format of github.com/google/pprof (profile.proto), not compressed. */
export function pprofBytes(
  { sampleTypes, period }: ProfileShape,
  stacks: readonly ProfileStack[],
  time: { readonly wallMs: number; readonly durationMs: number },
): Uint8Array {
  const stringTable = new StringTable()
  const symbols = new Symbols(stringTable)
  const valueType = ([type, unit]: readonly [string, string]) =>
    new ValueType({ type: stringTable.dedup(type), unit: stringTable.dedup(unit) })
  const threadKey = stringTable.dedup('thread')
  const sample = stacks.map(
    ({ thread, frames, values }) =>
      new Sample({
        locationId: frames.map((frame) => symbols.locationOf(frame)),
        value: [...values],
        label: [{ key: threadKey, str: stringTable.dedup(thread) }],
      }),
  )
  const types = sampleTypes.map(valueType)
  const last = sampleTypes.at(-1)
  return new Profile({
    stringTable,
    sampleType: types,
    sample,
    location: symbols.locations,
    function: symbols.functions,
    // BigInt: nanoseconds since 1970 are beyond 2^53.
    timeNanos: BigInt(Math.round(time.wallMs)) * 1_000_000n,
    durationNanos: Math.round(time.durationMs * 1e6),
    ...(last === undefined || period === 0 ? {} : { periodType: valueType(last), period }),
  }).encode()
}

/** The same as text, as tools that draw flames read it: `thread;outer;inner value`. */
export function foldedStacks(stacks: readonly ProfileStack[]): string {
  const lines = stacks.map(({ thread, frames, values }) => {
    const names = frames.map(({ functionName }) => functionName).reverse()
    return `${[thread, ...names].join(';')} ${values.at(-1) ?? 0}\n`
  })
  return lines.sort().join('')
}

/** Functions and their places, each once; numbers from 1. */
class Symbols {
  readonly locations: Location[] = []
  readonly functions: Callee[] = []
  readonly #known = new Map<string, number>()
  readonly #strings: StringTable

  constructor(strings: StringTable) {
    this.#strings = strings
  }

  locationOf({ functionName, file, line }: ProfileFrame): number {
    const key = `${line} ${functionName} ${file}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const id = this.locations.length + 1
    this.#known.set(key, id)
    const name = this.#strings.dedup(functionName)
    const filename = this.#strings.dedup(file)
    this.functions.push(new Callee({ id, name, systemName: name, filename, startLine: line }))
    this.locations.push(new Location({ id, line: [new Line({ functionId: id, line })] }))
    return id
  }
}
