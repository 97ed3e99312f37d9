import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { crc32c } from '../../../src/base/crc32c.ts'
import { customBucketsSchema, NativeHistogram, resetHint } from '../../../src/model/histogram.ts'
import { Labels } from '../../../src/model/labels.ts'
import { Matcher } from '../../../src/model/matcher.ts'
import { writeStaleAt } from '../../../src/model/stale-nan.ts'
import { Head } from '../../../src/tsdb/head/head.ts'
import { allTime, querierOf } from './head-reading.ts'

/** A series whose histograms follow from their number. */
interface Variant {
  readonly buckets: number
  /** Another bucket every so many samples; and so on. */
  readonly growEvery?: number
  readonly resetEvery?: number
  readonly schemaEvery?: number
  readonly staleEvery?: number
  readonly isGauge?: boolean
  readonly isCustom?: boolean
  readonly stepMs: number
  readonly samples: number
}

const startMs = 1_700_006_400_000

const variants: Readonly<Record<string, Variant>> = {
  steady: { buckets: 8, stepMs: 15_000, samples: 700 },
  wide: { buckets: 160, stepMs: 15_000, samples: 300 },
  growing: { buckets: 2, growEvery: 20, stepMs: 15_000, samples: 700 },
  resetting: { buckets: 8, resetEvery: 37, stepMs: 15_000, samples: 700 },
  changing: { buckets: 8, schemaEvery: 90, stepMs: 15_000, samples: 700 },
  stale: { buckets: 8, staleEvery: 50, stepMs: 15_000, samples: 700 },
  gauge: { buckets: 8, growEvery: 40, isGauge: true, stepMs: 15_000, samples: 700 },
  custom: { buckets: 5, growEvery: 60, isCustom: true, stepMs: 15_000, samples: 700 },
  seldom: { buckets: 30, stepMs: 600_000, samples: 40 },
  often: { buckets: 12, stepMs: 1_000, samples: 1_500 },
}

function histogramAt(variant: Variant, isFloat: boolean, index: number): NativeHistogram {
  const { growEvery = Infinity, resetEvery = Infinity, schemaEvery = Infinity } = variant
  const histogram = new NativeHistogram()
  histogram.isFloat = isFloat
  if (variant.staleEvery !== undefined && (index + 1) % variant.staleEvery === 0) {
    writeStaleAt(histogram.sumHalves, 0)
    return histogram
  }
  const buckets = variant.buckets + Math.floor(index / growEvery)
  const age = index % resetEvery
  if (variant.isGauge === true) histogram.hint = resetHint.gauge
  histogram.schema = Math.floor(index / schemaEvery) % 5
  if (variant.isCustom === true) {
    histogram.schema = customBucketsSchema
    histogram.customBounds = Float64Array.from({ length: 40 }, (_, bound) => bound * 0.5)
    histogram.customBoundCount = 40
  }
  histogram.setPositiveSpans(Int32Array.of(0, buckets), 1)
  histogram.positiveBucketCount = buckets
  histogram.reserveBuckets(buckets, 0)
  for (let bucket = 0; bucket < buckets; bucket++) {
    const counted = (age + 1) * (bucket + 5) + ((index * 7 + bucket * 13) % 5)
    const count = variant.isGauge === true ? (index * 31 + bucket * 17) % 50 : counted
    histogram.positiveBuckets[bucket] = isFloat ? count * 0.5 : count
    histogram.count += isFloat ? count * 0.5 : count
  }
  histogram.sum[0] = index * 0.25
  return histogram
}

/** Samples of each chunk, and a sum over all their bytes. */
async function chunksOf(variant: Variant, isFloat: boolean): Promise<string> {
  const head = new Head()
  const id = head.series(Labels.of({ __name__: 'h' }))
  for (let index = 0; index < variant.samples; index++) {
    head.appendHistogram(id, startMs + index * variant.stepMs, histogramAt(variant, isFloat, index))
  }
  const matchers = [new Matcher('=', '__name__', 'h')]
  const { chunks } = await querierOf(head).select({ matchers, ...allTime, sorted: false })
  const all: Uint8Array[] = []
  const bytes = new Uint8Array(65_536)
  chunks.samples.forEach((_, chunk) => {
    expect(chunks.encoding[chunk]).toBe(isFloat ? 3 : 2)
    all.push(bytes.slice(0, chunks.read(chunk, bytes)))
  })
  const sum = crc32c(Buffer.concat(all)).toString(16).padStart(8, '0')
  return `${sum} ${chunks.samples.join(' ')}`
}

describe('chunks of histograms in the head', () => {
  const lines = readFileSync(new URL('golden-histogram-chunks.txt', import.meta.url), 'utf8')
  const golden = lines.split('\n').filter((line) => line !== '' && !line.startsWith('#'))

  it.each(golden)(
    'end where those of Prometheus 3.14 do, and are the same bytes: %s',
    async (line) => {
      const [name = '', kind, ...wanted] = line.split(' ')
      const variant = variants[name]
      if (variant === undefined) throw new Error(`no variant ${name}`)
      expect(await chunksOf(variant, kind === 'float')).toBe(wanted.join(' '))
    },
  )
})
