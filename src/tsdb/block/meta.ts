import type { FileSystem } from '../../base/file-system.ts'
import { blockFile } from './block-files.ts'
import { CorruptionError } from './corruption.ts'
import { replaceFile } from './durable-file.ts'
import { isUlid } from './ulid.ts'

/** How many of what a block holds; 0 where the file does not say. */
export interface BlockStats {
  readonly samples: number
  readonly floatSamples: number
  readonly histogramSamples: number
  readonly series: number
  readonly chunks: number
  readonly tombstones: number
}

export interface BlockParent {
  readonly ulid: string
  readonly minTimeMs: number
  readonly maxTimeMs: number
}

export interface BlockCompaction {
  /** 1 for a block from the head. */
  readonly level: number
  /** The level 1 blocks that it goes back to. */
  readonly sources: readonly string[]
  /** Nothing was left of the parents: to be deleted. */
  readonly deletable: boolean
  readonly parents: readonly BlockParent[]
  readonly failed: boolean
  /** `from-out-of-order` and such (row T5.2). */
  readonly hints: readonly string[]
}

/** meta.json of a block (row T5.1; tsdb/block.go). */
export interface BlockMeta {
  readonly ulid: string
  readonly minTimeMs: number
  /** Exclusive: no sample of the block has this time or a later one. */
  readonly maxTimeMs: number
  readonly stats: BlockStats
  readonly compaction: BlockCompaction
  readonly version: 1
  /** Keys of the file that are not Prometheus' own, such as `thanos`: written back as they were. */
  readonly foreign: Readonly<Record<string, unknown>>
}

/** Of a block that holds out-of-order samples only (row T5.2). */
export const outOfOrderHint = 'from-out-of-order'
export const staleSeriesHint = 'from-stale-series'

/** Whether a block holds out-of-order samples only. */
export function isFromOutOfOrder({ compaction }: Pick<BlockMeta, 'compaction'>): boolean {
  return compaction.hints.includes(outOfOrderHint)
}

/** The end of the newest block that holds all that came in order; undefined where there is none. */
export function inOrderEndMs(metas: readonly BlockMeta[]): number | undefined {
  const ends = metas.filter(({ compaction }) => compaction.hints.length === 0)
  return ends.length === 0 ? undefined : Math.max(...ends.map(({ maxTimeMs }) => maxTimeMs))
}

/** Of a block from the head; the hint says of what part of it. */
export function firstCompaction(ulid: string, hint?: string): BlockCompaction {
  const hints = hint === undefined ? [] : [hint]
  return { level: 1, sources: [ulid], deletable: false, parents: [], failed: false, hints }
}

type Json = Readonly<Record<string, unknown>>

/** Throws CorruptionError for what is no meta.json of version 1; ENOENT where there is none. */
export function readMeta(fileSystem: FileSystem, directory: string): BlockMeta {
  return metaOf(parseMeta(fileSystem, directory), directory, 1)
}

/** As readMeta, also for the version 2 that Prometheus 2.1 wrote by mistake: see repair.ts. */
export function readMetaToRepair(
  fileSystem: FileSystem,
  directory: string,
): { readonly meta: BlockMeta; readonly isBroken: boolean } {
  const json = parseMeta(fileSystem, directory)
  const isBroken = json.version === 2
  return { meta: metaOf(json, directory, isBroken ? 2 : 1), isBroken }
}

/** Replaces meta.json: a crash leaves the old one or the new one. */
export function writeMeta(fileSystem: FileSystem, directory: string, meta: BlockMeta): void {
  const bytes = new TextEncoder().encode(JSON.stringify(jsonOf(meta), undefined, '\t'))
  replaceFile(fileSystem, directory, blockFile.meta, bytes)
}

function parseMeta(fileSystem: FileSystem, directory: string): Json {
  const bytes = fileSystem.readFile(`${directory}/${blockFile.meta}`)
  const reader = new MetaReader(directory)
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw reader.fault('it is not JSON', cause)
  }
  return reader.object({ '': json }, '')
}

const ownKeys = new Set(['ulid', 'minTime', 'maxTime', 'stats', 'compaction', 'version'])

function metaOf(json: Json, directory: string, version: number): BlockMeta {
  const reader = new MetaReader(directory)
  if (json.version !== version) throw reader.fault(`version is ${json.version}, not 1`)
  const stats = reader.object(json, 'stats')
  const compaction = reader.object(json, 'compaction')
  const minTimeMs = reader.time(json, 'minTime')
  const maxTimeMs = reader.time(json, 'maxTime')
  if (minTimeMs > maxTimeMs) throw reader.fault(`it ends at ${maxTimeMs}, before ${minTimeMs}`)
  return {
    ulid: reader.ulid(json.ulid),
    minTimeMs,
    maxTimeMs,
    stats: {
      samples: reader.count(stats, 'numSamples'),
      floatSamples: reader.count(stats, 'numFloatSamples'),
      histogramSamples: reader.count(stats, 'numHistogramSamples'),
      series: reader.count(stats, 'numSeries'),
      chunks: reader.count(stats, 'numChunks'),
      tombstones: reader.count(stats, 'numTombstones'),
    },
    compaction: {
      level: reader.count(compaction, 'level'),
      sources: reader.list(compaction, 'sources').map((source) => reader.ulid(source)),
      deletable: compaction.deletable === true,
      parents: reader.list(compaction, 'parents').map((parent) => reader.parent(parent)),
      failed: compaction.failed === true,
      hints: reader.list(compaction, 'hints').map(String),
    },
    version: 1,
    foreign: Object.fromEntries(Object.entries(json).filter(([key]) => !ownKeys.has(key))),
  }
}

/** Takes typed values out of the parsed file; everything else is corruption. */
class MetaReader {
  readonly #directory: string
  constructor(directory: string) {
    this.#directory = directory
  }

  fault(reason: string, cause?: unknown): CorruptionError {
    return new CorruptionError(this.#directory, blockFile.meta, 0, reason, { cause })
  }

  object(json: Json, key: string): Json {
    const value = json[key] ?? {}
    if (typeof value !== 'object' || Array.isArray(value)) throw this.fault(`${key} is no object`)
    return Object.fromEntries(Object.entries(value))
  }

  list(json: Json, key: string): readonly unknown[] {
    const value = json[key] ?? []
    if (!Array.isArray(value)) throw this.fault(`${key} is no list`)
    return value
  }

  time(json: Json, key: string): number {
    const value = json[key] ?? 0
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
      throw this.fault(`${key} is no time: ${JSON.stringify(value)}`)
    }
    return value
  }

  count(json: Json, key: string): number {
    const value = this.time(json, key)
    if (value < 0) throw this.fault(`${key} is below 0: ${value}`)
    return value
  }

  ulid(value: unknown): string {
    if (typeof value !== 'string' || !isUlid(value)) {
      throw this.fault(`not a ULID: ${JSON.stringify(value)}`)
    }
    return value
  }

  parent(value: unknown): BlockParent {
    const json = this.object({ parent: value }, 'parent')
    const [minTimeMs, maxTimeMs] = [this.time(json, 'minTime'), this.time(json, 'maxTime')]
    return { ulid: this.ulid(json.ulid), minTimeMs, maxTimeMs }
  }
}

/** In upstream's order of keys; what is empty is left out where upstream leaves it out. */
export function jsonOf(meta: BlockMeta): Json {
  const { stats, compaction } = meta
  return {
    ulid: meta.ulid,
    minTime: meta.minTimeMs,
    maxTime: meta.maxTimeMs,
    stats: filled({
      numSamples: stats.samples,
      numFloatSamples: stats.floatSamples,
      numHistogramSamples: stats.histogramSamples,
      numSeries: stats.series,
      numChunks: stats.chunks,
      numTombstones: stats.tombstones,
    }),
    compaction: {
      level: compaction.level,
      ...filled({
        sources: compaction.sources,
        deletable: compaction.deletable,
        parents: compaction.parents.map(({ ulid, minTimeMs, maxTimeMs }) => ({
          ulid,
          minTime: minTimeMs,
          maxTime: maxTimeMs,
        })),
        failed: compaction.failed,
        hints: compaction.hints,
      }),
    },
    version: meta.version,
    ...meta.foreign,
  }
}

function filled(json: Json): Json {
  const isEmpty = (value: unknown) => !value || (Array.isArray(value) && value.length === 0)
  return Object.fromEntries(Object.entries(json).filter(([, value]) => !isEmpty(value)))
}
