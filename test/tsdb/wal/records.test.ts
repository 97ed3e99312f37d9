import { describe, expect, it } from 'vitest'
import { ByteReadError } from '../../../src/base/byte-reader.ts'
import { ByteWriter } from '../../../src/base/byte-writer.ts'
import { exemplarLabelPairs } from '../../../src/model/exemplar.ts'
import { NativeHistogram, resetHint } from '../../../src/model/histogram.ts'
import { halvesOf, isStaleAt } from '../../../src/model/stale-nan.ts'
import {
  decodeExemplars,
  ExemplarEncoder,
  emptyExemplarRecord,
} from '../../../src/tsdb/wal/exemplar-record.ts'
import { decodeHistograms, HistogramEncoder } from '../../../src/tsdb/wal/histogram-record.ts'
import {
  addMetadata,
  beginMetadataRecord,
  decodeMetadata,
  emptyMetadataRecord,
  metricTypeNumber,
} from '../../../src/tsdb/wal/metadata-record.ts'
import {
  addMmapMarker,
  beginMmapMarkerRecord,
  decodeMmapMarkers,
  emptyMmapMarkerRecord,
} from '../../../src/tsdb/wal/mmap-marker-record.ts'
import {
  addSeries,
  addText,
  beginSeriesRecord,
  decodeSamples,
  decodeSeries,
  emptySampleRecord,
  encodeSamples,
} from '../../../src/tsdb/wal/record.ts'
import {
  decodeStartSamples,
  emptyStartSampleRecord,
  encodeStartSamples,
} from '../../../src/tsdb/wal/start-sample-record.ts'
import {
  addTombstone,
  beginTombstoneRecord,
  decodeTombstones,
  emptyTombstoneRecord,
} from '../../../src/tsdb/wal/tombstone-record.ts'
import { stringsOf } from '../../support/label-texts.ts'
import { goldenRecords } from './golden-records.ts'

type Name = keyof typeof goldenRecords

const t = 1_700_000_000_000
const utf8 = new TextDecoder()

function golden(name: Name): Uint8Array {
  return Uint8Array.from(Buffer.from(goldenRecords[name], 'hex'))
}

function hex(writer: ByteWriter): string {
  return Buffer.from(writer.view()).toString('hex')
}

function texts(views: readonly Uint8Array[]): string[] {
  return views.map((view) => utf8.decode(view))
}

/** Decodes a record and encodes what it held. */
const again: Readonly<Record<Name, (record: Uint8Array, writer: ByteWriter) => void>> = {
  series: (record, writer) => {
    beginSeriesRecord(writer)
    decodeSeries(record, (ref, texts) => {
      addSeries(writer, ref, texts.count / 2)
      for (let text = 0; text < texts.count; text++) {
        addText(writer, texts.bytes, texts.start(text), texts.end(text))
      }
    })
  },
  samples: samplesAgain,
  samplesEmpty: samplesAgain,
  startSamples: startSamplesAgain,
  startSamplesEmpty: startSamplesAgain,
  tombstones: tombstonesAgain,
  tombstonesExtreme: tombstonesAgain,
  exemplars: (record, writer) => {
    const columns = emptyExemplarRecord()
    decodeExemplars(record, columns)
    const encoder = new ExemplarEncoder(writer)
    encoder.begin()
    for (let row = 0; row < columns.count; row++) {
      const { refs, timestampsMs, values, labelStart, labelEnd } = columns
      const labels = columns.bytes.subarray(labelStart[row], labelEnd[row])
      encoder.add(refs[row] ?? 0, timestampsMs[row] ?? 0, halvesOf(values), row, labels)
    }
  },
  mmapMarkers: (record, writer) => {
    const columns = emptyMmapMarkerRecord()
    decodeMmapMarkers(record, columns)
    beginMmapMarkerRecord(writer)
    for (let row = 0; row < columns.count; row++) {
      const { refs, chunkFiles, chunkOffsets } = columns
      addMmapMarker(writer, refs[row] ?? 0, chunkFiles[row] ?? 0, chunkOffsets[row] ?? 0)
    }
  },
  metadata: (record, writer) => {
    const columns = emptyMetadataRecord()
    decodeMetadata(record, columns)
    beginMetadataRecord(writer)
    for (let row = 0; row < columns.count; row++) {
      const [unit, help] = [columns.units[row], columns.helps[row]]
      const none = new Uint8Array(0)
      addMetadata(
        writer,
        columns.refs[row] ?? 0,
        columns.types[row] ?? 0,
        unit ?? none,
        help ?? none,
      )
    }
  },
  histograms: histogramsAgain,
  startHistograms: histogramsAgain,
  customHistograms: histogramsAgain,
  startCustomHistograms: histogramsAgain,
  floatHistograms: histogramsAgain,
  startFloatHistograms: histogramsAgain,
  customFloatHistograms: histogramsAgain,
}

function samplesAgain(record: Uint8Array, writer: ByteWriter): void {
  const columns = emptySampleRecord()
  decodeSamples(record, columns)
  encodeSamples(writer, columns, 0, columns.count)
}

function startSamplesAgain(record: Uint8Array, writer: ByteWriter): void {
  const columns = emptyStartSampleRecord()
  decodeStartSamples(record, columns)
  encodeStartSamples(writer, columns, 0, columns.count)
}

function tombstonesAgain(record: Uint8Array, writer: ByteWriter): void {
  const columns = emptyTombstoneRecord()
  decodeTombstones(record, columns)
  beginTombstoneRecord(writer)
  for (let row = 0; row < columns.count; row++) {
    const { refs, minTimesMs, maxTimesMs } = columns
    addTombstone(writer, refs[row] ?? 0, minTimesMs[row] ?? 0, maxTimesMs[row] ?? 0)
  }
}

function histogramsAgain(record: Uint8Array, writer: ByteWriter): void {
  const encoder = new HistogramEncoder(writer)
  encoder.begin(record[0] ?? 0)
  const passedOver = decodeHistograms(record, new NativeHistogram(), (ref, at, start, histogram) =>
    encoder.add(ref, at, start, histogram),
  )
  if (passedOver > 0) throw new Error(`${passedOver} histograms passed over`)
}

const names = Object.keys(goldenRecords) as Name[]

describe('records of Prometheus 3.14', () => {
  it.each(names.filter((name) => name !== 'tombstonesExtreme'))(
    '%s are read and written again byte for byte',
    (name) => {
      const writer = new ByteWriter()
      again[name](golden(name), writer)
      expect(hex(writer)).toBe(goldenRecords[name])
    },
  )

  it.each(names)('%s cut short anywhere are whole rows or a ByteReadError', (name) => {
    const record = golden(name)
    const writer = new ByteWriter()
    for (let length = 1; length < record.length; length++) {
      const cut = record.subarray(0, length)
      try {
        again[name](cut, writer)
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(ByteReadError)
        continue
      }
      // Rows have no count before them: a cut between two rows is a shorter record.
      expect(hex(writer)).toBe(Buffer.from(cut).toString('hex'))
    }
  })

  it.each(names)('%s with any byte changed decode to something or give a ByteReadError', (name) => {
    const record = golden(name)
    for (let at = 1; at < record.length; at++) {
      for (const change of [1, 0x80, 0xff]) {
        const changed = record.slice()
        changed[at] = (changed[at] ?? 0) ^ change
        try {
          again[name](changed, new ByteWriter())
        } catch (thrown) {
          if (thrown instanceof Error && /histograms passed over$/.test(thrown.message)) continue
          expect(thrown).toBeInstanceOf(ByteReadError)
        }
      }
    }
  })

  it('series keep their labels, among them none at all', () => {
    const found: [number, string[]][] = []
    decodeSeries(golden('series'), (ref, texts) => found.push([ref, stringsOf(texts)]))
    expect(found).toEqual([
      [1, ['__name__', 'up', 'job', 'a']],
      [4_294_967_299, ['__name__', 'déjà', 'le', '+Inf']],
      [9, []],
    ])
  })

  it('a series record that breaks off hands on none of its series', () => {
    const found: number[] = []
    const cut = golden('series').subarray(0, -3)
    expect(() => decodeSeries(cut, (ref) => found.push(ref))).toThrow(ByteReadError)
    expect(found).toEqual([])
  })

  it('samples keep start timestamps, stale markers, minus zero and denormals', () => {
    const columns = emptyStartSampleRecord()
    decodeStartSamples(golden('startSamples'), columns)
    expect([...columns.refs.subarray(0, 5)]).toEqual([5, 3, 2 ** 52, 6, 7])
    expect([...columns.timestampsMs.subarray(0, 5)]).toEqual([t, t - 1, t + 86_400_000, t, t + 70])
    expect([...columns.startsMs.subarray(0, 5)]).toEqual([t - 1000, t - 1000, 0, t - 5, t - 5])
    expect(isStaleAt(halvesOf(columns.values), 1)).toBe(true)
    expect(columns.values[3]).toBe(-0)
    expect(columns.values[4]).toBe(5e-324)
  })

  it('tombstones of all time end at the outermost safe integers', () => {
    const columns = emptyTombstoneRecord()
    decodeTombstones(golden('tombstonesExtreme'), columns)
    expect(columns.count).toBe(1)
    expect(columns.minTimesMs[0]).toBe(Number.MIN_SAFE_INTEGER)
    expect(columns.maxTimesMs[0]).toBe(Number.MAX_SAFE_INTEGER)
  })

  it('exemplars keep value and labels', () => {
    const columns = emptyExemplarRecord()
    decodeExemplars(golden('exemplars'), columns)
    expect([...columns.refs.subarray(0, 2)]).toEqual([7, 2])
    expect([...columns.timestampsMs.subarray(0, 2)]).toEqual([t, t + 15_000])
    expect([...columns.values.subarray(0, 2)]).toEqual([0.25, -3])
    const labels = [0, 1].map((row) =>
      exemplarLabelPairs(columns.bytes.subarray(columns.labelStart[row], columns.labelEnd[row])),
    )
    expect(labels).toEqual([
      [
        ['span_id', '1'],
        ['trace_id', 'abc'],
      ],
      [],
    ])
  })

  it('mmap markers keep file and offset beyond 2^53', () => {
    const columns = emptyMmapMarkerRecord()
    decodeMmapMarkers(golden('mmapMarkers'), columns)
    expect([...columns.chunkFiles.subarray(0, 3)]).toEqual([2, 2_097_152, 0])
    expect([...columns.chunkOffsets.subarray(0, 3)]).toEqual([8, 4_294_967_295, 0])
  })

  it('metadata keeps type, unit and help, and passes over fields that it does not know', () => {
    const columns = emptyMetadataRecord()
    decodeMetadata(golden('metadata'), columns)
    expect([...columns.refs.subarray(0, 2)]).toEqual([3, 300])
    expect([...columns.types.subarray(0, 2)]).toEqual([
      metricTypeNumber.counter,
      metricTypeNumber.stateset,
    ])
    expect(texts(columns.units)).toEqual(['seconds', ''])
    expect(texts(columns.helps)).toEqual(['Some hélp.', ''])
    decodeMetadata(Uint8Array.of(6, 3, 1, 1, 2, 65, 66, 1, 67), columns)
    expect(texts(columns.units.slice(0, columns.count))).toEqual([''])
  })

  it('histograms keep every field, with bucket counts made absolute', () => {
    const found: unknown[] = []
    decodeHistograms(golden('startHistograms'), new NativeHistogram(), (ref, at, start, found1) => {
      const { schema, hint, zeroThreshold, zeroCount, count } = found1
      found.push({
        place: [ref, at, start],
        schema,
        hint,
        zeroThreshold,
        zeroCount,
        count,
        sum: isStaleAt(halvesOf(found1.sum), 0) ? 'stale' : found1.sum[0],
        positiveSpans: [...found1.positiveSpans.subarray(0, found1.positiveSpanCount * 2)],
        negativeSpans: [...found1.negativeSpans.subarray(0, found1.negativeSpanCount * 2)],
        positive: [...found1.positiveBuckets.subarray(0, found1.positiveBucketCount)],
        negative: [...found1.negativeBuckets.subarray(0, found1.negativeBucketCount)],
      })
    })
    const empty = { positiveSpans: [], negativeSpans: [], positive: [], negative: [] }
    expect(found).toEqual([
      {
        place: [5, t, t - 1000],
        schema: 2,
        hint: resetHint.notReset,
        zeroThreshold: 1e-128,
        zeroCount: 3,
        count: 40,
        sum: 35.5,
        positiveSpans: [0, 2, 3, 3],
        negativeSpans: [-5, 1],
        positive: [2, 1, 10, 6, 106],
        negative: [7],
      },
      {
        place: [4, t + 15_000, 0],
        schema: -4,
        hint: resetHint.gauge,
        zeroThreshold: 0,
        zeroCount: 0,
        count: 0,
        sum: 'stale',
        ...empty,
      },
      {
        place: [9, t + 15_000, t - 7],
        schema: 8,
        hint: resetHint.unknown,
        zeroThreshold: 0.001,
        zeroCount: Number.MAX_SAFE_INTEGER,
        count: Number.MAX_SAFE_INTEGER,
        sum: -1,
        ...empty,
      },
    ])
  })

  it('custom buckets keep their bounds', () => {
    const found: number[][] = []
    for (const name of ['customHistograms', 'customFloatHistograms'] as const) {
      decodeHistograms(golden(name), new NativeHistogram(), (_ref, _at, _start, histogram) => {
        found.push([...histogram.customBounds.subarray(0, histogram.customBoundCount)])
        found.push([...histogram.positiveBuckets.subarray(0, histogram.positiveBucketCount)])
      })
    }
    expect(found.slice(0, 4)).toEqual([[0.5, 1, 2.5], [1, 2, 3], [1], [2]])
    expect(found.slice(4)).toEqual(found.slice(0, 4))
  })

  it('a histogram that nobody can use is passed over and counted, those beside it are kept', () => {
    const writer = new ByteWriter()
    const encoder = new HistogramEncoder(writer)
    const histogram = new NativeHistogram()
    encoder.begin(7)
    histogram.schema = 100
    encoder.add(1, t, 0, histogram)
    histogram.schema = 3
    encoder.add(2, t, 0, histogram)
    histogram.positiveSpans.set([0, 4])
    histogram.positiveSpanCount = 1
    encoder.add(3, t, 0, histogram)
    const refs: number[] = []
    expect(decodeHistograms(writer.view(), new NativeHistogram(), (ref) => refs.push(ref))).toBe(2)
    expect(refs).toEqual([2])
  })
})
