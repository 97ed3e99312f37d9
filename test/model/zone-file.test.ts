import { describe, expect, it } from 'vitest'
import { ZoneFile } from '../../src/model/zone-file.ts'
import { zoneFileBytes } from './zone-file-bytes.ts'

const lmt = { abbreviation: 'LMT', offsetSeconds: 3_208, isDst: false }
const cet = { abbreviation: 'CET', offsetSeconds: 3_600, isDst: false }
const cest = { abbreviation: 'CEST', offsetSeconds: 7_200, isDst: true }
const zones = [lmt, cet, cest]
const changes = [
  [-2_000_000_000, 1],
  [1_000, 2],
  [2_000, 1],
] as const
const rule = 'CET-1CEST,M3.5.0,M10.5.0/3'

function zoneAt(bytes: Uint8Array, unixSeconds: number) {
  return ZoneFile.parse(bytes)?.at(unixSeconds)
}

describe('a file of the time zone database', () => {
  const whole = zoneFileBytes({ zones, changes, rule })

  it.each([
    [-2_000_000_001, lmt],
    [-2_000_000_000, cet],
    [999, cet],
    [1_000, cest],
    [1_999, cest],
    [Date.parse('2050-01-01') / 1_000, cet],
    [Date.parse('2050-07-01') / 1_000, cest],
  ])(
    'says of %d what holds since the change before, and behind the last what its rule says',
    (time, zone) => {
      expect(zoneAt(whole, time)).toEqual(zone)
    },
  )

  it('without a rule the last change holds for ever', () => {
    const july = Date.parse('2030-07-01') / 1_000
    expect(zoneAt(zoneFileBytes({ zones, changes, rule: '' }), july)).toEqual(cet)
    expect(zoneAt(zoneFileBytes({ zones, changes, rule: undefined }), july)).toEqual(cet)
    expect(zoneAt(zoneFileBytes({ zones: [cest], changes: [], rule: '' }), july)).toEqual(cest)
  })

  it('before a first summer there was what the file has before it, else what is no summer', () => {
    const summerFirst = {
      zones: [cet, cest],
      changes: [
        [0, 1],
        [9, 0],
      ] as const,
      rule: '',
    }
    expect(zoneAt(zoneFileBytes(summerFirst), -1)).toEqual(cet)
    const summers = { zones: [cest, cet], changes: [[0, 0]] as const, rule: '' }
    expect(zoneAt(zoneFileBytes(summers), -1)).toEqual(cet)
  })

  it('that is cut anywhere, or another file, is none', () => {
    // The rule is the only thing that may be missing.
    const end = whole.length - rule.length - 2
    for (let length = 0; length < end; length++) {
      expect(ZoneFile.parse(whole.subarray(0, length))).toBeUndefined()
    }
    expect(
      ZoneFile.parse(Buffer.from('a text that is no zone at all, and long enough for one')),
    ).toBeUndefined()
    const wrongZone = zoneFileBytes({ zones, changes: [[0, 3]], rule })
    expect(ZoneFile.parse(wrongZone)).toBeUndefined()
  })
})
