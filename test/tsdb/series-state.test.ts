import { describe, expect, it } from 'vitest'
import type { Logger } from '../../src/base/logger.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { Labels } from '../../src/model/labels.ts'
import { Database } from '../../src/tsdb/db.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { SimError, SimFileSystem } from '../sim/sim-file-system.ts'

const path = '/data/wal/series_state.json'
const nowMs = 1_700_000_000_000

class World {
  readonly fileSystem = new SimFileSystem()
  readonly clock = new SimClock(nowMs)
  readonly lines: string[] = []

  open(writesSeriesState: boolean): Promise<Database> {
    const { fileSystem, clock } = this
    const keep = (text: string) => void this.lines.push(text)
    const logger: Logger = { ...silentLogger, info: keep, warn: keep, error: keep }
    const lock = async () => ({ release: () => undefined })
    return Database.open({ directory: '/data', fileSystem, clock, logger, lock, writesSeriesState })
  }

  /** Series that there were not before. */
  append(database: Database, from: number, to: number): void {
    const appender = database.appender()
    const ids = Uint32Array.from({ length: to - from }, (_, n) =>
      appender.series(Labels.of({ __name__: 'm', n: String(from + n) })),
    )
    appender.append(
      ids,
      new Float64Array(ids.length).fill(nowMs),
      new Float64Array(ids.length),
      ids.length,
    )
    appender.commit()
  }

  text(): string {
    return new TextDecoder().decode(this.fileSystem.readFile(path))
  }

  put(text: string): void {
    this.fileSystem.writeFile(path, Buffer.from(text))
  }
}

function state(lastRef: number, segment: number, isClean: boolean): string {
  return `{"last_series_id":${lastRef},"last_wal_segment":${segment},"clean_shutdown":${isClean}}\n`
}

describe('the state of series beside the log', () => {
  it('is written every second and at the end, byte for byte as upstream writes it', async () => {
    const world = new World()
    const database = await world.open(true)
    world.append(database, 0, 5)
    await world.clock.advance(1_000)
    expect(world.text()).toBe(state(5, 0, false))
    world.append(database, 5, 9)
    expect(world.text()).toBe(state(5, 0, false))
    await world.clock.advance(1_000)
    expect(world.text()).toBe(state(9, 0, false))
    await database.close()
    expect(world.text()).toBe(state(9, 0, true))
    expect(world.fileSystem.list('/data/wal')).toEqual(['00000000', 'series_state.json'])
  })

  it('keeps refs from being given out again that a lost log had named', async () => {
    const world = new World()
    const first = await world.open(true)
    world.append(first, 0, 5)
    await first.close()
    world.fileSystem.remove('/data/wal/00000000')
    const second = await world.open(true)
    expect(world.lines).toContain('Fast startup: clean shutdown detected')
    world.append(second, 5, 6)
    await world.clock.advance(1_000)
    expect(world.text()).toContain('"last_series_id":6,')
    const third = await world.open(true)
    expect(world.lines).toContain('Fast startup: unclean shutdown detected')
    await third.close()
  })

  it('is passed over with a warning where it is none, and costs nothing where it cannot be written', async () => {
    const world = new World()
    await (await world.open(true)).close()
    for (const text of [
      '',
      '{',
      '[]x',
      state(-1, 0, true),
      state(2 ** 50, 0, true),
      state(1.5, 0, true),
    ]) {
      world.put(text)
      world.lines.length = 0
      await (await world.open(true)).close()
      expect(world.lines).toContain('Fast startup: the state of series cannot be used')
    }
    const database = await world.open(true)
    world.fileSystem.faults.before = (_operation, _name, file) => {
      if (file.startsWith(path)) throw new SimError('ENOSPC')
    }
    world.lines.length = 0
    await world.clock.advance(5_000)
    expect(world.lines).toEqual(['State of series could not be written'])
    world.append(database, 0, 3)
    await database.close()
  })

  it('is not written, read or complained of where the feature is off; nor is what a kill left of it', async () => {
    const world = new World()
    const first = await world.open(false)
    world.append(first, 0, 2)
    await world.clock.advance(5_000)
    await first.close()
    expect(world.fileSystem.stat(path)).toBeUndefined()
    world.put(state(1_000, 0, true))
    world.fileSystem.writeFile(`${path}.tmp`, Buffer.from('{'))
    world.lines.length = 0
    await (await world.open(false)).close()
    expect(world.lines.filter((line) => /Fast startup|as it should/.test(line))).toEqual([])
    expect(world.fileSystem.stat(`${path}.tmp`)).toBeUndefined()
  })
})
