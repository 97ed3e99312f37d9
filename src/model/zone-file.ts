import { posixZoneAt } from './posix-zone.ts'
import type { ZoneAt } from './zone-at.ts'

/**
 * A file of the time zone database (RFC 9636), read and asked as Go does: the moments at which clocks
 * were changed, what holds from each of them on, and a rule for all behind them.
 */
export class ZoneFile {
  readonly #zones: readonly ZoneAt[]
  readonly #changes: readonly { readonly fromSeconds: number; readonly zone: number }[]
  readonly #rule: string

  private constructor(part: ZonePart, rule: string) {
    this.#zones = part.zones
    this.#changes = part.changes
    this.#rule = rule
  }

  /** Undefined for bytes that are no such file. */
  static parse(bytes: Uint8Array): ZoneFile | undefined {
    try {
      const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const first = readPart(file, 0, 4)
      if (file.readUInt8(4) === 0) return new ZoneFile(first, '')
      const second = readPart(file, first.end, 8)
      const rule = /^\n([^\n]*)\n/.exec(file.toString('latin1', second.end))?.[1] ?? ''
      return new ZoneFile(second, rule)
    } catch (thrown) {
      if (thrown instanceof RangeError) return undefined
      throw thrown
    }
  }

  at(unixSeconds: number): ZoneAt {
    const changes = this.#changes
    let [low, high] = [0, changes.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((changes[middle]?.fromSeconds ?? 0) <= unixSeconds) low = middle + 1
      else high = middle
    }
    const found = changes[low - 1]
    if (found === undefined && changes.length > 0) return this.#zone(this.#firstZone())
    const byRule =
      low === changes.length && this.#rule !== '' ? posixZoneAt(this.#rule, unixSeconds) : undefined
    return byRule ?? this.#zone(found?.zone ?? 0)
  }

  #zone(index: number): ZoneAt {
    const zone = this.#zones[index]
    if (zone === undefined) throw new RangeError('a time zone without zones')
    return zone
  }

  /** Before the first change: the zone that none leads to, else what was there before a first summer. */
  #firstZone(): number {
    if (this.#changes.every(({ zone }) => zone !== 0)) return 0
    const first = this.#changes[0]?.zone ?? 0
    if (this.#zones[first]?.isDst === true) {
      for (let index = first - 1; index >= 0; index--) {
        if (this.#zones[index]?.isDst === false) return index
      }
    }
    return Math.max(
      this.#zones.findIndex(({ isDst }) => !isDst),
      0,
    )
  }
}

interface ZonePart {
  readonly zones: readonly ZoneAt[]
  readonly changes: readonly { readonly fromSeconds: number; readonly zone: number }[]
  /** Where what is behind it begins. */
  readonly end: number
}

const headerBytes = 44

/** One header and what it counts. Throws RangeError for what is none. */
function readPart(file: Buffer, from: number, timeBytes: 4 | 8): ZonePart {
  if (file.toString('latin1', from, from + 4) !== 'TZif') throw new RangeError('not a time zone')
  const count = (index: number) => file.readUInt32BE(from + 20 + 4 * index)
  const [changeCount, zoneCount, nameBytes] = [count(3), count(4), count(5)]
  const times = from + headerBytes
  const indexes = times + changeCount * timeBytes
  const zones = indexes + changeCount
  const names = zones + zoneCount * 6
  const end = names + nameBytes + count(2) * (timeBytes + 4) + count(1) + count(0)
  if (zoneCount === 0 || end > file.length) throw new RangeError('not a whole time zone')
  const timeAt = (index: number) => {
    const at = times + index * timeBytes
    return timeBytes === 4 ? file.readInt32BE(at) : Number(file.readBigInt64BE(at))
  }
  const nameAt = (at: number) => file.toString('latin1', names + at, file.indexOf(0, names + at))
  return {
    changes: Array.from({ length: changeCount }, (_, index) => {
      const zone = file.readUInt8(indexes + index)
      if (zone >= zoneCount) throw new RangeError('not a zone of the time zone')
      return { fromSeconds: timeAt(index), zone }
    }),
    zones: Array.from({ length: zoneCount }, (_, index) => {
      const at = zones + index * 6
      return {
        offsetSeconds: file.readInt32BE(at),
        isDst: file.readUInt8(at + 4) !== 0,
        abbreviation: nameAt(file.readUInt8(at + 5)),
      }
    }),
    end,
  }
}
