import type { FileSystem } from '../../../src/base/file-system.ts'
import { compareBytes } from '../../../src/model/byte-order.ts'
import { Labels } from '../../../src/model/labels.ts'
import { type BlockWriteResult, BlockWriter } from '../../../src/tsdb/block/block-writer.ts'
import { type BlockMeta, writeMeta } from '../../../src/tsdb/block/meta.ts'
import { seal } from '../../../src/tsdb/block/seal.ts'
import { makeUlid } from '../../../src/tsdb/block/ulid.ts'
import { createFloatChunkWriter } from '../../../src/tsdb/chunk/xor-writer.ts'

/** One series in plain values; chunks by their samples, time and value in turn. */
export interface PlainSeries {
  readonly labels: Labels
  readonly chunks: readonly Float64Array[]
}

/** Writes index, chunks and tombstones; series may come in any order, labels are unique. */
export function writeSeries(
  fileSystem: FileSystem,
  directory: string,
  series: readonly PlainSeries[],
): BlockWriteResult {
  const texts = new Set(series.flatMap(({ labels }) => [...labels.entries()].flat()))
  const symbols = [...texts].sort(compareBytes)
  const ordinals = new Map(symbols.map((text, ordinal) => [text, ordinal]))
  const writer = new BlockWriter({
    fileSystem,
    directory,
    symbols: symbols.map((text) => Buffer.from(text)),
  })
  const chunkWriter = createFloatChunkWriter(1)
  for (const { labels, chunks } of [...series].sort((a, b) => a.labels.compare(b.labels))) {
    writer.series(Uint32Array.from([...labels.entries()].flat(), (text) => ordinals.get(text) ?? 0))
    for (const samples of chunks) {
      const halves = new Uint32Array(samples.buffer, samples.byteOffset, samples.length * 2)
      for (let at = 0; at < samples.length; at += 2) {
        chunkWriter.append(samples[at] ?? 0, 0, halves, at + 1)
      }
      const bytes = chunkWriter.bytes()
      writer.chunk(1, samples[0] ?? 0, samples.at(-2) ?? 0, bytes, bytes.length)
      chunkWriter.clear()
    }
  }
  return writer.finish()
}

/** As writeSeries, with meta.json and seal: a whole block. */
export function writeBlock(
  fileSystem: FileSystem,
  directory: string,
  series: readonly PlainSeries[],
): BlockMeta {
  const { stats, minTimeMs, maxTimeMs } = writeSeries(fileSystem, directory, series)
  const meta = metaOf({ stats, minTimeMs, maxTimeMs: maxTimeMs + 1 })
  writeMeta(fileSystem, directory, meta)
  seal(fileSystem, directory)
  return meta
}

export function metaOf(known: Pick<BlockMeta, 'stats' | 'minTimeMs' | 'maxTimeMs'>): BlockMeta {
  const ulid = makeUlid(1_700_000_000_000, new Uint8Array(10).fill(7))
  return {
    ulid,
    ...known,
    compaction: {
      level: 1,
      sources: [ulid],
      deletable: false,
      parents: [],
      failed: false,
      hints: [],
    },
    version: 1,
    foreign: {},
  }
}

/** So many series of two metrics, each with so many chunks of so many samples, 15 s apart. */
export function plainSeries(
  count: number,
  chunks: number,
  samplesPerChunk: number,
): readonly PlainSeries[] {
  return Array.from({ length: count }, (_, series) => ({
    labels: Labels.of({
      __name__: series % 2 === 0 ? 'requests_total' : 'temperature',
      instance: `host-${Math.floor(series / 2)}`,
      ...(series % 3 === 0 ? { zone: `zone-${series % 4}` } : {}),
    }),
    chunks: Array.from({ length: chunks }, (_, chunk) =>
      Float64Array.from({ length: samplesPerChunk * 2 }, (_, at) => {
        const sample = chunk * samplesPerChunk + (at >> 1)
        return at % 2 === 0 ? 1_700_000_000_000 + sample * 15_000 : series * 10 + sample / 4
      }),
    ),
  }))
}
