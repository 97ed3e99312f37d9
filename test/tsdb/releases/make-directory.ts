import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '../../../src/base/logger.ts'
import { nodeFileSystem } from '../../../src/base/node-file-system.ts'
import { encodeExemplarLabels } from '../../../src/model/exemplar.ts'
import { Labels } from '../../../src/model/labels.ts'
import { Matcher } from '../../../src/model/matcher.ts'
import { writeStaleAt } from '../../../src/model/stale-nan.ts'
import { Database } from '../../../src/tsdb/db.ts'
import { SimClock } from '../../sim/sim-clock.ts'
import { tsdbTool } from '../../tool/tsdb-tool.ts'
import { Random } from '../chunk/chunk-series.ts'
import { RandomHistograms } from '../head/random-histograms.ts'

// `npx tsx test/tsdb/releases/make-directory.ts NAME` writes the folder NAME: the data directory of a server
// that was killed, with blocks, tombstones, a checkpoint, both logs and head chunk files, and the dump
// of it. Once for each release, by that release; nothing is ever written there again.
const startMs = 1_700_000_040_000
const stepMs = 1_000
const steps = 420
const rangeMs = 60_000
const name = process.argv[2]
if (name === undefined) throw new Error('which release?')

const histograms = new RandomHistograms(new Random(1))
const text = (value: string) => new TextEncoder().encode(value)

const directory = mkdtempSync(join(tmpdir(), 'narthex-golden-'))
const clock = new SimClock(startMs)
const database = await Database.open({
  directory,
  fileSystem: nodeFileSystem,
  clock,
  logger: silentLogger,
  lock: async () => ({ release: () => undefined }),
  walSegmentBytesMax: 32_768,
  blockRangeMs: rangeMs,
  blockRangeMsMax: 3 * rangeMs,
  outOfOrderWindowMs: () => rangeMs,
  exemplarsMax: 100,
  logsMetadata: true,
})

function append(step: number): void {
  const nowMs = startMs + step * stepMs
  const appender = database.appender()
  const id = (metric: string, more: Readonly<Record<string, string>> = {}) =>
    appender.series(Labels.of({ __name__: metric, job: 'golden', ...more }))
  const rows = [
    { id: id('requests_total'), timeMs: nowMs, value: step * 3 },
    { id: id('temperature', { zone: 'zürich "1"\n' }), timeMs: nowMs, value: Math.sin(step) * 20 },
    {
      id: id('parts', { at: String(Math.floor(step / 100)) }),
      timeMs: nowMs,
      value: 1 / (step + 1),
    },
    // One of seven is late, by more than its series' last samples.
    {
      id: id('late'),
      timeMs: nowMs - (step % 7 === 6 ? 20_500 : 0),
      value: step % 5 === 0 ? -0 : step * 1e300,
    },
  ]
  const values = Float64Array.from(rows, ({ value }) => value)
  if (step % 50 === 49) writeStaleAt(new Uint32Array(values.buffer), 1)
  appender.append(
    Uint32Array.from(rows, (row) => row.id),
    Float64Array.from(rows, ({ timeMs }) => timeMs),
    values,
    rows.length,
  )
  const histogram = id('latency')
  if (step % 4 === 0) appender.appendHistogram(histogram, nowMs, histograms.next())
  if (step === 0)
    appender.appendMetadata(histogram, { type: 'histogram', unit: 's', help: 'How long.' })
  if (step % 40 === 0) {
    const labels = encodeExemplarLabels([text('trace_id'), text(String(step))])
    const exemplar = { labels, value: step, timestampMs: nowMs, hasTimestamp: true }
    appender.appendExemplar(histogram, exemplar)
  }
  appender.commit()
}

for (let step = 0; step < steps; step++) {
  append(step)
  await clock.advance(stepMs)
  await database.maintain()
  if (step === 250 || step === 400) {
    const matchers = [new Matcher('=', '__name__', 'requests_total')]
    const fromMs = startMs + (step - 200) * stepMs
    await database.admin.deleteSeries([matchers], { minTimeMs: fromMs, maxTimeMs: fromMs + 20_000 })
  }
}
const target = join(import.meta.dirname, name)
cpSync(directory, target, { recursive: true, errorOnExist: true, force: false })
rmSync(directory, { recursive: true, force: true })
// Nothing of it is data.
rmSync(join(target, 'narthex.reserve'), { force: true })
const { out } = await tsdbTool('dump', target)
writeFileSync(`${target}.dump`, out)
process.exit(0)
