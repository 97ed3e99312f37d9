import type { ZoneAt } from '../../src/model/zone-at.ts'

interface ZoneFileContent {
  readonly zones: readonly ZoneAt[]
  /** From when which of the zones holds. */
  readonly changes: readonly (readonly [unixSeconds: number, zone: number])[]
  /** Undefined for a file of the first version, which has none, and times of 32 bits. */
  readonly rule: string | undefined
}

/** A file of the time zone database. */
export function zoneFileBytes({ zones, changes, rule }: ZoneFileContent): Uint8Array {
  const names = zones.map(({ abbreviation }) => `${abbreviation}\0`)
  const namesBefore = (index: number) => names.slice(0, index).join('').length
  const part = (timeBytes: 4 | 8): Buffer => {
    const header = Buffer.alloc(44)
    header.write('TZif')
    header.write(rule === undefined ? '\0' : '2', 4)
    header.writeUInt32BE(changes.length, 32)
    header.writeUInt32BE(zones.length, 36)
    header.writeUInt32BE(names.join('').length, 40)
    const times = changes.map(([unixSeconds]) => {
      const time = Buffer.alloc(timeBytes)
      if (timeBytes === 4) time.writeInt32BE(unixSeconds)
      else time.writeBigInt64BE(BigInt(unixSeconds))
      return time
    })
    const kinds = zones.map(({ offsetSeconds, isDst }, index) => {
      const kind = Buffer.alloc(6)
      kind.writeInt32BE(offsetSeconds)
      kind.writeUInt8(isDst ? 1 : 0, 4)
      kind.writeUInt8(namesBefore(index), 5)
      return kind
    })
    const indexes = Buffer.from(changes.map(([, zone]) => zone))
    return Buffer.concat([header, ...times, indexes, ...kinds, Buffer.from(names.join(''))])
  }
  if (rule === undefined) return part(4)
  return Buffer.concat([part(4), part(8), Buffer.from(`\n${rule}\n`)])
}
