import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { crc32c } from '../../../src/base/crc32c.ts'
import { NativeHistogram } from '../../../src/model/histogram.ts'
import { Labels } from '../../../src/model/labels.ts'
import { Matcher } from '../../../src/model/matcher.ts'
import { writeStaleAt } from '../../../src/model/stale-nan.ts'
import { Head } from '../../../src/tsdb/head/head.ts'
import { allTime, querierOf } from './head-reading.ts'

/** A series whose samples and start timestamps follow from their number. */
interface Variant {
  readonly stepMs: number
  readonly samples: number
  readonly jitter?: boolean
  readonly noise?: boolean
  readonly staleEvery?: number
  /** Another start every so many samples; none without it. */
  readonly startEvery?: number
  readonly firstStartAt?: number
  /** No start every so many samples. */
  readonly zeroEvery?: number
}

const startMs = 1_700_006_400_000

const variants: Readonly<Record<string, Variant>> = {
  plain: { stepMs: 15_000, samples: 700 },
  stale: { stepMs: 15_000, samples: 700, staleEvery: 50 },
  noise: { stepMs: 15_000, samples: 700, jitter: true, noise: true, staleEvery: 17 },
  often: { stepMs: 1_000, samples: 1_500, jitter: true },
  started: { stepMs: 15_000, samples: 700, startEvery: 100_000 },
  restarted: { stepMs: 15_000, samples: 700, startEvery: 37, staleEvery: 37 },
  late: { stepMs: 1_000, samples: 700, startEvery: 1_000, firstStartAt: 130 },
  never: { stepMs: 30, samples: 700 },
  sometimes: { stepMs: 7_000, samples: 700, startEvery: 50, zeroEvery: 3, jitter: true },
  each: { stepMs: 15_000, samples: 400, startEvery: 1, noise: true },
  seldom: { stepMs: 600_000, samples: 40, startEvery: 7 },
}

function timeAt({ stepMs, jitter }: Variant, index: number): number {
  return startMs + index * stepMs + (jitter === true ? (index * 37) % 11 : 0)
}

function startAt(variant: Variant, index: number): number {
  const { startEvery, firstStartAt = 0, zeroEvery, stepMs } = variant
  if (startEvery === undefined || index < firstStartAt) return 0
  if (zeroEvery !== undefined && index % zeroEvery === 0) return 0
  return startMs - 5_000 + Math.floor(index / startEvery) * startEvery * stepMs
}

function isStaleAt({ staleEvery = Infinity }: Variant, index: number): boolean {
  return (index + 1) % staleEvery === 0
}

function appendFloat(head: Head, id: number, variant: Variant, index: number): void {
  const halves = new Uint32Array(2)
  if (isStaleAt(variant, index)) writeStaleAt(halves, 0)
  else {
    const noise = ((index * 7919) % 1_000_003) / 7
    new Float64Array(halves.buffer)[0] = variant.noise === true ? noise : index * 3
  }
  const [low = 0, high = 0] = halves
  head.append(id, timeAt(variant, index), high, low, startAt(variant, index))
}

function histogramAt(variant: Variant, isFloat: boolean, index: number): NativeHistogram {
  const histogram = new NativeHistogram()
  histogram.isFloat = isFloat
  if (isStaleAt(variant, index)) {
    writeStaleAt(histogram.sumHalves, 0)
    return histogram
  }
  const buckets = 4 + Math.floor(index / 100)
  const age = index % (variant.startEvery ?? Infinity)
  histogram.setPositiveSpans(Int32Array.of(0, buckets), 1)
  histogram.positiveBucketCount = buckets
  histogram.reserveBuckets(buckets, 0)
  for (let bucket = 0; bucket < buckets; bucket++) {
    const count = (age + 1) * (bucket + 5) + ((index * 7 + bucket * 13) % 5)
    histogram.positiveBuckets[bucket] = count
    histogram.count += count
  }
  histogram.sum[0] = index * 0.25
  return histogram
}

/** Samples of each chunk, and a sum over all their bytes. */
async function chunksOf(variant: Variant, kind: string): Promise<string> {
  const head = new Head(undefined, { floats: 4, histogramStarts: true, storesStarts: true })
  const id = head.series(Labels.of({ __name__: 'm' }))
  for (let index = 0; index < variant.samples; index++) {
    if (kind === 'float') appendFloat(head, id, variant, index)
    else {
      const histogram = histogramAt(variant, kind === 'floats', index)
      head.appendHistogram(id, timeAt(variant, index), histogram, startAt(variant, index))
    }
  }
  const matchers = [new Matcher('=', '__name__', 'm')]
  const { chunks } = await querierOf(head).select({ matchers, ...allTime, sorted: false })
  const all: Uint8Array[] = []
  const bytes = new Uint8Array(65_536)
  const encoding = { float: 4, integer: 5, floats: 6 }[kind]
  chunks.samples.forEach((_, chunk) => {
    expect(chunks.encoding[chunk]).toBe(encoding)
    all.push(bytes.slice(0, chunks.read(chunk, bytes)))
  })
  const sum = crc32c(Buffer.concat(all)).toString(16).padStart(8, '0')
  return `${sum} ${chunks.samples.join(' ')}`
}

describe('chunks with start timestamps in the head', () => {
  const lines = readFileSync(new URL('golden-start-chunks.txt', import.meta.url), 'utf8')
  for (const line of lines.split('\n').filter((text) => text !== '' && !text.startsWith('#'))) {
    const [name = '', kind = '', ...expected] = line.split(' ')
    it(`of ${kind} samples, ${name}, are those of Prometheus 3.14`, async () => {
      const variant = variants[name]
      if (variant === undefined) throw new Error(`no variant ${name}`)
      expect(await chunksOf(variant, kind)).toBe(expected.join(' '))
    })
  }
})
