import { ByteReadError } from '../../base/byte-reader.ts'
import { createSnappyCodec } from '../../kernels/snappy.ts'
import { NativeHistogram } from '../../model/histogram.ts'
import { decodeExemplars, type ExemplarRecord, emptyExemplarRecord } from './exemplar-record.ts'
import { decodeHistograms, type HistogramVisitor } from './histogram-record.ts'
import { type InternedSeries, SpelledSeries } from './interned-series.ts'
import { decodeMetadata, emptyMetadataRecord, type MetadataRecord } from './metadata-record.ts'
import {
  decodeMmapMarkers,
  emptyMmapMarkerRecord,
  type MmapMarkerRecord,
} from './mmap-marker-record.ts'
import {
  decodeSamples,
  decodeSeries,
  emptySampleRecord,
  nameOfRecordType,
  recordType,
  type SampleRecord,
  type SeriesVisitor,
} from './record.ts'
import { recordBytesMax } from './segment-files.ts'
import {
  decodeStartSamples,
  emptyStartSampleRecord,
  type StartSampleRecord,
} from './start-sample-record.ts'
import { decodeTombstones, emptyTombstoneRecord, type TombstoneRecord } from './tombstone-record.ts'

const snappy = createSnappyCodec()

/**
 * Takes what a log holds, in its order. Columns and views are valid during the call, and may be
 * changed in it. Records of kinds that have no member here are counted as not loaded.
 */
export interface RecordHandler {
  /** Told now and then how much of a log is read, of 1. */
  comesTo?(share: number): void
  readonly series: SeriesVisitor
  /** For what one thread has numbered; without it, that goes to `series`. */
  readonly interned?: () => InternedSeries
  samples(columns: SampleRecord): void
  /** Without it, samples with start timestamps go to `samples`. */
  startSamples?(columns: StartSampleRecord): void
  readonly histogram?: HistogramVisitor
  tombstones?(columns: TombstoneRecord): void
  exemplars?(columns: ExemplarRecord): void
  metadata?(columns: MetadataRecord): void
  /** Only the log of out-of-order samples has them. */
  mmapMarkers?(columns: MmapMarkerRecord): void
}

/** Decodes records of every kind and hands them on. What it cannot decode, nobody loads. */
export class RecordDecoder {
  readonly #handler: RecordHandler
  readonly #samples = emptySampleRecord()
  readonly #startSamples = emptyStartSampleRecord()
  readonly #histogram = new NativeHistogram()
  readonly #tombstones = emptyTombstoneRecord()
  readonly #exemplars = emptyExemplarRecord()
  readonly #metadata = emptyMetadataRecord()
  readonly #mmapMarkers = emptyMmapMarkerRecord()
  readonly #interned: InternedSeries[] = []
  /** Histograms that nobody can use: see decodeHistograms. */
  histogramsPassedOver = 0
  /** Records of kinds that the handler does not take, or that this version does not know, by name. */
  readonly notLoaded = new Map<string, number>()

  constructor(handler: RecordHandler) {
    this.#handler = handler
  }

  /** Throws ByteReadError. A record without any bytes holds nothing. */
  take(record: Uint8Array): void {
    const type = record[0]
    if (type === undefined) return
    if (type === recordType.series) decodeSeries(record, this.#handler.series)
    else if (type === recordType.samples) {
      decodeSamples(record, this.#samples)
      this.#handler.samples(this.#samples)
    } else if (type === recordType.startSamples) this.#takeStartSamples(record)
    else if (isHistogramRecord(type)) this.#takeHistograms(record)
    else if (!this.#takeRare(record, type)) this.#leave(record)
  }

  /** Takes records of series that this reader, another thread, has decoded. */
  interned(reader: number): InternedSeries {
    const { series, interned } = this.#handler
    const known = this.#interned[reader] ?? interned?.() ?? new SpelledSeries(series)
    this.#interned[reader] = known
    return known
  }

  /** Of a record of samples that another thread has decoded. */
  takeSamples(columns: SampleRecord): void {
    this.#handler.samples(columns)
  }

  #takeStartSamples(record: Uint8Array): void {
    const columns = this.#startSamples
    decodeStartSamples(record, columns)
    if (this.#handler.startSamples === undefined) this.#handler.samples(columns)
    else this.#handler.startSamples(columns)
  }

  #takeHistograms(record: Uint8Array): void {
    const { histogram } = this.#handler
    this.histogramsPassedOver += decodeHistograms(record, this.#histogram, histogram ?? ignore)
    if (histogram === undefined) this.#leave(record)
  }

  /** False where the handler does not take the kind. */
  #takeRare(record: Uint8Array, type: number): boolean {
    const handler = this.#handler
    switch (type) {
      case recordType.tombstones:
        decodeTombstones(record, this.#tombstones)
        handler.tombstones?.(this.#tombstones)
        return handler.tombstones !== undefined
      case recordType.exemplars:
        decodeExemplars(record, this.#exemplars)
        handler.exemplars?.(this.#exemplars)
        return handler.exemplars !== undefined
      case recordType.metadata:
        decodeMetadata(record, this.#metadata)
        handler.metadata?.(this.#metadata)
        return handler.metadata !== undefined
      case recordType.mmapMarkers:
        decodeMmapMarkers(record, this.#mmapMarkers)
        handler.mmapMarkers?.(this.#mmapMarkers)
        return handler.mmapMarkers !== undefined
      default:
        demandPlain(record)
        return false
    }
  }

  #leave(record: Uint8Array): void {
    const name = nameOfRecordType(record[0] ?? 0)
    this.notLoaded.set(name, (this.notLoaded.get(name) ?? 0) + 1)
  }
}

function ignore(): void {
  // For records that are decoded only to know whether they hold.
}

export function isHistogramRecord(type: number): boolean {
  return (
    (type >= recordType.histogramSamples && type <= recordType.customBucketFloatHistogramSamples) ||
    type === recordType.startHistogramSamples ||
    type === recordType.startFloatHistogramSamples
  )
}

/**
 * The flags that say how a record is compressed stand outside of its checksum. Without its flag a
 * compressed record looks like one of an unknown kind: that is damage, not the future.
 */
function demandPlain(record: Uint8Array): void {
  const isZstd = [0x28, 0xb5, 0x2f, 0xfd].every((byte, index) => record[index] === byte)
  if (isZstd || isSnappy(record)) throw new ByteReadError(0, 'a compressed record without its flag')
}

function isSnappy(record: Uint8Array): boolean {
  try {
    return snappy.uncompress(record, recordBytesMax).length > record.length
  } catch (thrown) {
    if (thrown instanceof Error) return false
    throw thrown
  }
}
