import { setTimeout as wait } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { NativeHistogram } from '../src/model/histogram.ts'
import { faultOfHistogram } from '../src/model/histogram-validity.ts'
import { Labels } from '../src/model/labels.ts'
import { appendHistogramInOrder, leavingLateOut } from '../src/tsdb/head/append-in-order.ts'
import { Head } from '../src/tsdb/head/head.ts'
import { eachStaged, StagedHistograms } from '../src/tsdb/head/staged-histograms.ts'
import { machine, short, table } from './report.ts'

const seriesCount = 50_000
const samplesEach = 20
const buckets = 20

/**
 * `npm run bench -- head-histograms`: series of native histograms of 20 buckets in the head alone:
 * what one costs to validate, stage and append, and what a series takes while its chunk is open.
 */
export async function benchHeadHistograms(): Promise<boolean> {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  for (const isFloat of [false, true]) {
    const head = new Head()
    const ids = Array.from({ length: seriesCount }, (_, n) =>
      head.series(Labels.of({ __name__: 'h', n: String(n) })),
    )
    collect()
    const before = process.memoryUsage()
    const sharedBefore = head.stats().sharedBytes
    const staged = new StagedHistograms()
    const late = leavingLateOut(head)
    const seconds = { stage: 0, append: 0 }
    for (let sample = 0; sample < samplesEach; sample++) {
      let began = process.cpuUsage()
      for (const id of ids) {
        const histogram = histogramOf(id, sample, isFloat)
        if (faultOfHistogram(histogram) !== undefined) return false
        const row = { id, ref: id, timestampMs: timeOf(id, sample), startMs: 0 }
        staged.add(row, histogram, false, 0)
      }
      seconds.stage += secondsSince(began)
      began = process.cpuUsage()
      for (const { records } of staged.steps(0)) {
        for (const record of records) {
          eachStaged(record, (id, timeMs, _startMs, histogram) => {
            appendHistogramInOrder(head, id, timeMs, histogram, late)
          })
        }
      }
      seconds.append += secondsSince(began)
      staged.clear()
    }
    await wait(200)
    collect()
    const after = process.memoryUsage()
    const count = seriesCount * samplesEach
    console.log(
      `head: ${seriesCount.toLocaleString('en')} series of ${isFloat ? 'float' : 'integer'} histograms of ${buckets} buckets, ${samplesEach} samples each\n${machine()}`,
    )
    table(
      ['', 'measured'],
      [
        ['validate and stage, CPU ns per histogram', short((seconds.stage * 1e9) / count)],
        ['append, CPU ns per histogram', short((seconds.append * 1e9) / count)],
        ['chunks per series', short(head.stats().chunks / seriesCount)],
        [
          'shared memory bytes per series',
          short((head.stats().sharedBytes - sharedBefore) / seriesCount),
        ],
        ['state bytes per series', short(head.chunks.histograms.states.bytes / seriesCount)],
        [
          'JavaScript heap bytes per series',
          short((after.heapUsed - before.heapUsed) / seriesCount),
        ],
      ],
    )
    if (head.stats().samplesAppended !== count) return false
  }
  return true
}

function timeOf(id: number, sample: number): number {
  return 1_700_000_000_000 + sample * 15_000 + (id % 7)
}

const made = new NativeHistogram()

/** A counter with some observations more in each bucket; three spans. */
function histogramOf(id: number, sample: number, isFloat: boolean): NativeHistogram {
  made.clear()
  made.isFloat = isFloat
  made.schema = 3
  made.setPositiveSpans(Int32Array.of(0, 8, 2, 6, 3, 6), 3)
  made.positiveBucketCount = buckets
  made.reserveBuckets(buckets, 0)
  for (let bucket = 0; bucket < buckets; bucket++) {
    const whole = (sample + 1) * (10 + bucket) + ((id * 7 + bucket * 13 + sample) % 5)
    const count = isFloat ? whole * 0.5 : whole
    made.positiveBuckets[bucket] = count
    made.count += count
  }
  made.sum[0] = made.count * 0.173 + sample
  return made
}

function secondsSince(began: NodeJS.CpuUsage): number {
  return process.cpuUsage(began).user / 1e6
}
