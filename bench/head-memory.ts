import { PerformanceObserver } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Labels } from '../src/model/labels.ts'
import { Head } from '../src/tsdb/head/head.ts'
import { machine, short, table } from './report.ts'

const seriesCount = 1_000_000
const samplesEach = 12
/** Label sets are made so many at a time, so that their time is told apart. */
const labelsAtOnce = 50

/**
 * `npm run bench -- head-memory`: one million series of ten labels with twelve samples each in the
 * head alone: what a series costs, and that the garbage collector has nothing to look at.
 */
export async function benchHeadMemory(): Promise<boolean> {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  let pauseMsMax = 0
  let pauseMsSum = 0
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      pauseMsMax = Math.max(pauseMsMax, duration)
      pauseMsSum += duration
    }
  })
  observer.observe({ entryTypes: ['gc'] })
  collect()
  const before = process.memoryUsage()
  const head = new Head()
  const beganMs = performance.now()
  let labelsMs = 0
  for (let first = 0; first < seriesCount; first += labelsAtOnce) {
    const labelsBeganMs = performance.now()
    const batch = Array.from({ length: labelsAtOnce }, (_, index) => labelsOf(first + index))
    labelsMs += performance.now() - labelsBeganMs
    for (const labels of batch) head.series(labels)
  }
  const builtMs = performance.now()
  const ids = Uint32Array.from({ length: seriesCount }, (_, id) => id)
  for (let sample = 0; sample < samplesEach; sample++) appendRound(head, sample)
  const appendedMs = performance.now()
  const snapshot = head.snapshot(ids, seriesCount, 0)
  const snapshotMs = performance.now() - appendedMs
  // Observers are told a little later.
  await wait(200)
  const buildPauses = { pauseMsMax, pauseMsSum }
  collect()
  const after = process.memoryUsage()
  console.log(
    `head: ${seriesCount.toLocaleString('en')} series of 10 labels, ${samplesEach} samples each\n${machine()}`,
  )
  table(
    ['', 'measured'],
    [
      ['resident bytes per series', short((after.rss - before.rss) / seriesCount)],
      ['shared memory bytes per series', short(head.stats().sharedBytes / seriesCount)],
      ['JavaScript heap after a collection, MiB', short(after.heapUsed / 2 ** 20)],
      ['creating them, s', short((builtMs - beganMs - labelsMs) / 1_000)],
      ['making the label sets for it, s', short(labelsMs / 1_000)],
      [
        'append, ns per sample',
        short(((appendedMs - builtMs) * 1e6) / (seriesCount * samplesEach)),
      ],
      ['snapshot of all series, ms', short(snapshotMs)],
      ['longest pause of the collector, ms', short(buildPauses.pauseMsMax)],
      ['all its pauses, ms', short(buildPauses.pauseMsSum)],
    ],
  )
  return (
    snapshot.words.length === seriesCount * 4 &&
    head.stats().samplesAppended === seriesCount * samplesEach
  )
}

function labelsOf(series: number): Labels {
  return Labels.of({
    __name__: `metric_${series % 1_000}`,
    cluster: `cluster-${series % 3}`,
    container: `container-${series % 40}`,
    endpoint: 'metrics',
    instance: `10.0.${(series >>> 8) & 0xff}.${series & 0xff}:9100`,
    job: `job-${series % 100}`,
    namespace: `namespace-${series % 50}`,
    node: `node-${series % 500}`,
    pod: `pod-${Math.floor(series / 50)}`,
    service: `service-${series % 200}`,
  })
}

/** One sample of each series, as scrapes bring them; values with changing bits. */
function appendRound(head: Head, sample: number): void {
  const value = new Float64Array(1)
  const halves = new Uint32Array(value.buffer)
  const timestampMs = 1_700_000_000_000 + sample * 15_000
  for (let series = 0; series < seriesCount; series++) {
    value[0] = series + sample * (series % 17)
    head.append(series, timestampMs + (series % 7), halves[1] ?? 0, halves[0] ?? 0)
  }
}
