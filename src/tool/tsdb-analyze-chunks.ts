import { SeriesEntry } from '../tsdb/block/block-index.ts'
import type { BlockReader } from '../tsdb/block/block-reader.ts'
import {
  isFloatEncoding,
  isHistogramEncoding,
  sampleCountOf,
} from '../tsdb/chunk/chunk-encoding.ts'
import { ChunkPlace } from '../tsdb/chunk/chunk-place.ts'
import { HistogramDecoder } from '../tsdb/chunk/histogram-decoder.ts'
import type { ToolTerminal } from './terminal.ts'

const seriesPerProgress = 256

interface ChunkSizes {
  total: number
  readonly floatSamples: number[]
  readonly floatBytes: number[]
  readonly histogramSamples: number[]
  readonly histogramBytes: number[]
  readonly histogramBuckets: number[]
}

/** What `tsdb analyze --extended` adds: how full the chunks of the series are. */
export function printChunkAnalysis(
  reader: BlockReader,
  refs: Uint32Array,
  terminal: ToolTerminal,
): void {
  const sizes = measureChunks(reader, refs, terminal)
  terminal.print('\nCompaction analysis:\n\n')
  const print = (what: string, values: readonly number[]) =>
    terminal.print(distribution(what, values, sizes.total))
  print('samples per float chunk', sizes.floatSamples)
  print('bytes per float chunk', sizes.floatBytes)
  print('samples per histogram chunk', sizes.histogramSamples)
  print('bytes per histogram chunk', sizes.histogramBytes)
  print('buckets per histogram chunk', sizes.histogramBuckets)
}

function measureChunks(reader: BlockReader, refs: Uint32Array, terminal: ToolTerminal): ChunkSizes {
  const sizes: ChunkSizes = {
    total: 0,
    floatSamples: [],
    floatBytes: [],
    histogramSamples: [],
    histogramBytes: [],
    histogramBuckets: [],
  }
  const entry = new SeriesEntry()
  const decoder = new HistogramDecoder()
  const place = new ChunkPlace()
  refs.forEach((ref, index) => {
    if (index % seriesPerProgress === 0) {
      terminal.progress(`Reading the chunks: series ${index} of ${refs.length}`)
    }
    reader.seriesAt(ref, entry)
    for (let chunk = 0; chunk < entry.chunks.count; chunk++) {
      reader.readChunk(entry.chunks.refs[chunk] ?? 0, place)
      measure(place, decoder, sizes)
    }
  })
  return sizes
}

function measure({ encoding, bytes }: ChunkPlace, decoder: HistogramDecoder, sizes: ChunkSizes) {
  sizes.total++
  if (isFloatEncoding(encoding)) {
    sizes.floatSamples.push(sampleCountOf(encoding, bytes))
    sizes.floatBytes.push(bytes.length)
  } else if (isHistogramEncoding(encoding)) {
    decoder.open(encoding, bytes)
    let buckets = 0
    while (decoder.next()) buckets += decoder.bucketCount
    sizes.histogramSamples.push(decoder.sampleCount)
    sizes.histogramBytes.push(bytes.length)
    sizes.histogramBuckets.push(buckets)
  }
}

/** Ten to twenty classes with a bar each, one # for a hundredth of all chunks. */
function distribution(what: string, values: readonly number[], total: number): string {
  if (values.length === 0) return `${what}: N/A\n\n`
  const { least, most, sum } = extremes(values)
  const step = classWidth(least, most)
  const start = least - (least % step)
  const end = most - (most % step) + step
  const counts: number[] = new Array((end - start) / step + 1).fill(0)
  for (const value of values) {
    const at = Math.floor((value - start) / step)
    counts[at] = (counts[at] ?? 0) + 1
  }
  const [left, right] = [String(end).length, String(end + step).length]
  const width = String(counts.reduce((a, b) => Math.max(a, b))).length
  const lines = counts.map((count, at) => {
    const from = String(at * step + start + 1).padStart(left)
    const to = String((at + 1) * step + start).padStart(right)
    const bar = '#'.repeat(Math.floor((100 * count) / total))
    return `[${from}, ${to}]: ${String(count).padStart(width)} ${bar}\n`
  })
  const average = Math.floor(sum / values.length)
  return `${what} (min/avg/max): ${least}/${average}/${most}\n${lines.join('')}\n`
}

function extremes(values: readonly number[]): { least: number; most: number; sum: number } {
  let [least, most, sum] = [Number.POSITIVE_INFINITY, 0, 0]
  for (const value of values) {
    least = Math.min(least, value)
    most = Math.max(most, value)
    sum += value
  }
  return { least, most, sum }
}

/** A power of ten, so that there are about ten classes. */
function classWidth(least: number, most: number): number {
  const wanted = Math.floor((most - least) / 10)
  let step = 10
  while (step < wanted && step <= 10_000) step *= 10
  return step
}
