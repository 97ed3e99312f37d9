import { execFileSync } from 'node:child_process'
import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Matcher } from '../../src/model/matcher.ts'
import { halvesOf } from '../../src/model/stale-nan.ts'
import { startBuiltServer } from '../support/built-server.ts'
import { allTime, localQuerier } from '../support/local-querier.ts'
import { openDatabase } from '../support/open-database.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import type { RealProcess } from '../support/real-process.ts'
import { startPrometheus } from '../support/real-prometheus.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'
import { tsdbTool } from '../tool/tsdb-tool.ts'
import { Columns } from '../tsdb/block/block-answers.ts'
import { type Bits, bitsAt, stepMs, TwoServersModel } from './two-servers-model.ts'

/** Prometheus, us, Prometheus, us; the soak goes on for long. */
const turns = process.env.NARTHEX_SOAK === undefined ? 4 : 40
const seed = Number(process.env.SEED ?? 1)
const stepsPerTurn = 90
const flags = [
  '--storage.tsdb.min-block-duration=4m',
  '--storage.tsdb.max-block-duration=36m',
  '--web.enable-remote-write-receiver',
  '--web.enable-admin-api',
  '--log.level=warn',
]

describe.skipIf(peersAreAbsent)('one directory, the real Prometheus and us in turn', () => {
  it(`${turns} turns of ingest, deletes, compactions and kill -9 keep every sample, and nobody calls the other's work damaged`, {
    timeout: turns * 60_000,
  }, async () => {
    const directory = temporaryDirectory()
    const startMs = Math.floor(Date.now() / stepMs) * stepMs - (turns + 1) * stepsPerTurn * stepMs
    const model = new TwoServersModel(seed, startMs, 40)
    let compactions = 0
    for (let turn = 0; turn < turns; turn++) {
      const isOurs = turn % 2 === 1
      const server = isOurs
        ? await startBuiltServer({ directory, flags })
        : await startPrometheus(directory, flags)
      if (turn > 0) await model.checkAnswers(server.url)
      compactions += await takeTurn(server, model, startMs)
      if (isOurs) await expectNoAlarm(server)
      expect(server.said.split('\n').filter((line) => /corrupt|repair|damage/i.test(line))).toEqual(
        [],
      )
      await server.stop('SIGKILL')
      await checkCopies(directory, model)
    }
    const last = await startBuiltServer({ directory, flags })
    await model.checkAnswers(last.url)
    await expectNoAlarm(last)
    console.log(
      `${turns} turns: ${model.samples} samples kept, ${model.deleted} deleted, ${compactions} compactions; SEED=${seed}`,
    )
  })
})

/** Answers how many blocks were written. */
async function takeTurn(
  server: RealProcess,
  model: TwoServersModel,
  startMs: number,
): Promise<number> {
  await model.write(server.url, stepsPerTurn / 3)
  await model.delete(server.url, startMs)
  await model.write(server.url, stepsPerTurn / 3)
  for (let count = 0; count < 3; count++) await model.delete(server.url, startMs)
  await waitUntil('a block was written', async () =>
    (await metric(server.url, 'prometheus_tsdb_compactions_total')) > 0 ? true : undefined,
  )
  if (model.random() < 0.7) {
    const url = `${server.url}/api/v1/admin/tsdb/clean_tombstones`
    const response = await fetch(url, { method: 'POST' })
    expect(response.status, await response.text()).toBe(204)
  }
  await model.write(server.url, stepsPerTurn / 3)
  await model.delete(server.url, startMs)
  await model.checkAnswers(server.url)
  return await metric(server.url, 'prometheus_tsdb_compactions_total')
}

/** Whoever was killed has left its lock file: that is told, as Prometheus tells it, and nothing else. */
async function expectNoAlarm(server: RealProcess): Promise<void> {
  const said = server.said.split('\n').filter((line) => line !== '')
  expect(said.filter((line) => !line.includes('A lock file was there already'))).toEqual([])
  expect({
    log: await metric(server.url, 'prometheus_tsdb_wal_corruptions_total'),
    blocks: await metric(server.url, 'narthex_tsdb_blocks_damaged'),
  }).toEqual({ log: 0, blocks: 0 })
}

async function metric(url: string, name: string): Promise<number> {
  const page = await (await fetch(`${url}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(page)?.[1] ?? Number.NaN)
}

/** What both tools print of a copy, and what we read of it bit by bit. */
async function checkCopies(directory: string, model: TwoServersModel): Promise<void> {
  // There, not of a copy: files that nobody wrote since they were sealed have their times here.
  const verified = await tsdbTool('verify', join(directory, 'data'))
  expect([verified.code, verified.err]).toEqual([0, ''])
  const copy = join(temporaryDirectory(), 'data')
  cpSync(join(directory, 'data'), copy, { recursive: true })
  const { code, out, err } = await tsdbTool('dump', copy)
  expect([code, err]).toEqual([0, ''])
  model.checkDump(out)
  const promtool = execFileSync(peer('promtool'), ['tsdb', 'dump', copy], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  model.checkDump(promtool)
  const quarantine = (name: string) => readdirSync(join(copy, name)).includes('quarantine')
  expect([quarantine('wal'), quarantine('chunks_head')]).toEqual([false, false])
  model.checkBits(await bitsIn(copy))
}

async function bitsIn(directory: string): Promise<ReadonlyMap<string, Bits>> {
  const database = await openDatabase(directory)
  const querier = localQuerier(database)
  const matchers = [new Matcher('=', '__name__', 'pingpong')]
  const set = await querier.select({ matchers, ...allTime, sorted: true })
  expect(set.warnings).toEqual([])
  const columns = new Columns()
  const found = new Map<string, Bits>()
  for (let series = 0; series < set.seriesCount; series++) {
    const place = set.labels.offsets[series] ?? 0
    const count = set.readFloats(series, allTime.minTimeMs, allTime.maxTimeMs, columns)
    const halves = halvesOf(columns.values)
    const bits: Bits = new Map()
    for (let at = 0; at < count; at++) bits.set(columns.timestampsMs[at] ?? 0, bitsAt(halves, at))
    found.set(querier.symbols.text(set.labels.labelIds[place + 5] ?? 0), bits)
  }
  querier.close()
  await database.close()
  return found
}
