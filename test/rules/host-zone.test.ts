import { describe, expect, it } from 'vitest'
import { GoLocation, hostZone } from '../../src/rules/template-location.ts'
import { timeText } from '../../src/rules/template-time.ts'
import { timeMethod } from '../../src/rules/template-time-methods.ts'
import { GoTime } from '../../src/rules/template-values.ts'
import { zoneFileBytes } from '../model/zone-file-bytes.ts'
import { SimFileSystem } from '../sim/sim-file-system.ts'

const rule = 'CET-1CEST,M3.5.0,M10.5.0/3'
const cet = { abbreviation: 'CET', offsetSeconds: 3_600, isDst: false }
const berlin = zoneFileBytes({ zones: [cet], changes: [], rule })

function hostWith(files: readonly string[]): SimFileSystem {
  const fileSystem = new SimFileSystem()
  for (const path of files) {
    fileSystem.makeDirectory(path.slice(0, path.lastIndexOf('/')))
    fileSystem.writeFile(path, path.endsWith('/broken') ? Buffer.from('x') : berlin)
  }
  return fileSystem
}

const summer = Date.parse('2040-07-01T00:00:00Z') / 1_000

describe("the host's time zone", () => {
  /** As Go has it: name, and abbreviation in July. */
  it.each([
    [undefined, ['/etc/localtime'], 'Local', 'CEST'],
    [undefined, [], 'UTC', 'UTC'],
    ['', ['/etc/localtime'], 'UTC', 'UTC'],
    ['UTC', ['/usr/share/zoneinfo/UTC'], 'UTC', 'UTC'],
    ['Europe/Berlin', ['/usr/share/zoneinfo/Europe/Berlin'], 'Europe/Berlin', 'CEST'],
    ['Europe/Berlin', ['/etc/zoneinfo/Europe/Berlin'], 'Europe/Berlin', 'CEST'],
    [':Europe/Berlin', ['/usr/share/zoneinfo/Europe/Berlin'], 'Europe/Berlin', 'CEST'],
    ['/zones/mine', ['/zones/mine'], '/zones/mine', 'CEST'],
    ['/etc/localtime', ['/etc/localtime'], 'Local', 'CEST'],
    ['/zones/broken', ['/zones/broken'], 'UTC', 'UTC'],
    ['../zones/mine', ['/usr/share/zones/mine'], 'UTC', 'UTC'],
    ['Mars', ['/etc/localtime'], 'UTC', 'UTC'],
  ])('of TZ=%s with %j is %s', (tz, files, name, abbreviation) => {
    const zone = hostZone(tz, hostWith(files))
    expect([zone.name, zone.at(summer).abbreviation]).toEqual([name, abbreviation])
  })

  it('dates are counted by its clock: a day more may have an hour less', async () => {
    const location = new GoLocation(() => hostZone(undefined, hostWith(['/etc/localtime'])))
    const time = new GoTime(BigInt(Date.parse('2040-03-24T12:00:00Z')) * 1_000_000n, location)
    expect(timeText(time)).toBe('2040-03-24 13:00:00 +0100 CET')
    const query = () => Promise.reject(new Error('there is none'))
    const context = { timeMs: 0, query, externalUrl: '' }
    const later = await timeMethod(time, 'AddDate')?.call([0n, 0n, 1n], context)
    expect(later instanceof GoTime && timeText(later)).toBe('2040-03-25 13:00:00 +0200 CEST')
    const isDst = (of: GoTime) => timeMethod(of, 'IsDST')?.call([], context)
    expect([isDst(time), later instanceof GoTime && isDst(later)]).toEqual([false, true])
  })
})
