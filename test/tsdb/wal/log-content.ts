import { ByteWriter } from '../../../src/base/byte-writer.ts'
import type { FileSystem } from '../../../src/base/file-system.ts'
import { exemplarLabelPairs } from '../../../src/model/exemplar.ts'
import type { NativeHistogram } from '../../../src/model/histogram.ts'
import { halvesOf, isStaleAt } from '../../../src/model/stale-nan.ts'
import {
  addSeries,
  addText,
  beginSeriesRecord,
  emptySampleRecord,
  encodeSamples,
} from '../../../src/tsdb/wal/record.ts'
import type { RecordHandler } from '../../../src/tsdb/wal/record-decoder.ts'
import { type ReplayResult, replayWal } from '../../../src/tsdb/wal/replay.ts'
import { stringsOf } from '../../support/label-texts.ts'

const text = new TextEncoder()
const utf8 = new TextDecoder()

/** Everything that a log hands on, as lines: one for each series, sample, tombstone ... */
export class ContentHandler implements Required<Omit<RecordHandler, 'startSamples' | 'interned'>> {
  readonly lines: string[] = []
  /** How much of the log was read, as it was told. */
  readonly shares: number[] = []

  comesTo(share: number): void {
    this.shares.push(share)
  }

  readonly series: RecordHandler['series'] = (ref, texts) => {
    this.lines.push(`series ${ref} ${stringsOf(texts).join()}`)
  }

  samples: RecordHandler['samples'] = ({ refs, timestampsMs, values, count }) => {
    const halves = halvesOf(values)
    for (let row = 0; row < count; row++) {
      const value = isStaleAt(halves, row) ? 'stale' : values[row]
      this.lines.push(`sample ${refs[row]} ${timestampsMs[row]} ${value}`)
    }
  }

  readonly histogram = (ref: number, at: number, start: number, found: NativeHistogram): void => {
    const { schema, count, isFloat, positiveBuckets, positiveBucketCount } = found
    const buckets = positiveBuckets.subarray(0, positiveBucketCount)
    this.lines.push(`histogram ${ref} ${at} ${start} ${schema} ${isFloat} ${count} ${buckets}`)
  }

  tombstones: Required<RecordHandler>['tombstones'] = (columns) => {
    const { refs, minTimesMs, maxTimesMs, count } = columns
    for (let row = 0; row < count; row++) {
      this.lines.push(`tombstone ${refs[row]} ${minTimesMs[row]} ${maxTimesMs[row]}`)
    }
  }

  exemplars: Required<RecordHandler>['exemplars'] = (columns) => {
    const { refs, timestampsMs, values, labelStart, labelEnd, bytes, count } = columns
    for (let row = 0; row < count; row++) {
      const labels = exemplarLabelPairs(bytes.subarray(labelStart[row], labelEnd[row])).flat()
      this.lines.push(`exemplar ${refs[row]} ${timestampsMs[row]} ${values[row]} ${labels}`)
    }
  }

  metadata: Required<RecordHandler>['metadata'] = ({ refs, types, units, helps, count }) => {
    for (let row = 0; row < count; row++) {
      const words = [units[row], helps[row]].map((view) => utf8.decode(view))
      this.lines.push(`metadata ${refs[row]} ${types[row]} ${words}`)
    }
  }

  mmapMarkers: Required<RecordHandler>['mmapMarkers'] = (columns) => {
    const { refs, chunkFiles, chunkOffsets, count } = columns
    for (let row = 0; row < count; row++) {
      this.lines.push(`marker ${refs[row]} ${chunkFiles[row]} ${chunkOffsets[row]}`)
    }
  }
}

/** What a replay of the directory hands on, and its verdict. */
export function contentOf(
  fileSystem: FileSystem,
  directory: string,
): { lines: readonly string[]; result: ReplayResult } {
  const handler = new ContentHandler()
  const result = replayWal({ fileSystem, directory, handler })
  return { lines: handler.lines, result }
}

export function seriesRecord(ref: number, ...words: readonly string[]): Uint8Array {
  const writer = new ByteWriter()
  beginSeriesRecord(writer)
  addSeries(writer, ref, words.length / 2)
  for (const word of words) {
    const bytes = text.encode(word)
    addText(writer, bytes, 0, bytes.length)
  }
  return writer.copy()
}

/** Rows of ref, timestamp and value. */
export function samplesRecord(...rows: readonly (readonly [number, number, number])[]): Uint8Array {
  const columns = emptySampleRecord()
  rows.forEach(([ref, timestampMs, value], row) => {
    columns.refs[row] = ref
    columns.timestampsMs[row] = timestampMs
    columns.values[row] = value
  })
  const writer = new ByteWriter()
  encodeSamples(writer, columns, 0, rows.length)
  return writer.copy()
}
