import { assert, at } from '../../base/assert.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import type {
  ChunkSeriesSet,
  ChunkColumns as ChunkSetColumns,
  LabelColumns,
  SampleColumns,
} from '../../storage/querier.ts'
import type { XorDecoder } from '../chunk/xor-decode.ts'
import { type HeadView, snapshotWords } from './head-memory.ts'

const encodingXor = 1

/** The chunks of the selected series: the chain of closed ones and the open one of the snapshot. */
export class HeadSeriesSet implements ChunkSeriesSet {
  readonly warnings: readonly string[] = []
  readonly #view: HeadView
  readonly #ids: Uint32Array
  readonly #words: Uint32Array
  readonly #decoder: XorDecoder
  #labels: LabelColumns | undefined
  #chunks: ChunkSetColumns | undefined

  /** Row s of the snapshot is that of series ids[s]. */
  constructor(view: HeadView, ids: Uint32Array, words: Uint32Array, decoder: XorDecoder) {
    assert(words.length === ids.length * snapshotWords, 'a snapshot of other series')
    this.#view = view
    this.#ids = ids
    this.#words = words
    this.#decoder = decoder
  }

  get seriesCount(): number {
    return this.#ids.length
  }

  get labels(): LabelColumns {
    this.#labels ??= this.#readLabels()
    return this.#labels
  }

  get chunks(): ChunkSetColumns {
    this.#chunks ??= this.#readChunks()
    return this.#chunks
  }

  readFloats(series: number, minTimeMs: number, maxTimeMs: number, into: SampleColumns): number {
    const { chunks } = this.#view
    const entries = this.#entriesOf(series).filter(
      (entry) => chunks.maxTimeMs(entry) >= minTimeMs && chunks.minTimeMs(entry) <= maxTimeMs,
    )
    const openSamples = this.#word(series, 2)
    into.grow(entries.reduce((sum, entry) => sum + chunks.samples(entry), openSamples))
    const target = { timestampsMs: into.timestampsMs, halves: halvesOf(into.values) }
    let end = 0
    for (const entry of entries) {
      const { view, start } = chunks.view(entry)
      const samples = chunks.samples(entry)
      end = this.#decoder.decode(view, start, samples, minTimeMs, maxTimeMs, target, end)
    }
    const slot = this.#word(series, 0)
    if (openSamples === 0) return end
    const [view, start] = [chunks.slotView(slot), chunks.slotStart(slot)]
    return this.#decoder.decode(view, start, openSamples, minTimeMs, maxTimeMs, target, end)
  }

  #word(series: number, word: number): number {
    return this.#words[series * snapshotWords + word] ?? 0
  }

  /** Numbers of the closed chunks of a series, oldest first. */
  #entriesOf(series: number): number[] {
    const entries: number[] = []
    for (let next = this.#word(series, 3); next !== 0; ) {
      entries.push(next - 1)
      next = this.#view.chunks.previous(next - 1)
    }
    return entries.reverse()
  }

  #readLabels(): LabelColumns {
    const { series } = this.#view
    const offsets = new Uint32Array(this.seriesCount + 1)
    this.#ids.forEach((id, index) => {
      offsets[index + 1] = (offsets[index] ?? 0) + series.labelCount.get(id) * 2
    })
    const labelIds = new Uint32Array(offsets[this.seriesCount] ?? 0)
    this.#ids.forEach((id, index) => {
      labelIds.set(series.labelSet(id), offsets[index])
    })
    return { offsets, labelIds }
  }

  #readChunks(): ChunkSetColumns {
    const places: { readonly view: DataView; readonly start: number; readonly bytes: number }[] = []
    const rows: { min: number; max: number; samples: number }[] = []
    const offsets = new Uint32Array(this.seriesCount + 1)
    const { chunks } = this.#view
    for (let series = 0; series < this.seriesCount; series++) {
      for (const entry of this.#entriesOf(series)) {
        places.push({ ...chunks.view(entry), bytes: chunks.bytes(entry) })
        rows.push({
          min: chunks.minTimeMs(entry),
          max: chunks.maxTimeMs(entry),
          samples: chunks.samples(entry),
        })
      }
      if (this.#word(series, 2) > 0) this.#addOpenChunk(series, places, rows)
      offsets[series + 1] = rows.length
    }
    return {
      offsets,
      encoding: new Uint8Array(rows.length).fill(encodingXor),
      minTimeMs: Float64Array.from(rows, (row) => row.min),
      maxTimeMs: Float64Array.from(rows, (row) => row.max),
      samples: Uint32Array.from(rows, (row) => row.samples),
      read: (chunk, into) => readChunk(at(places, chunk), at(rows, chunk).samples, into),
    }
  }

  #addOpenChunk(
    series: number,
    places: { view: DataView; start: number; bytes: number }[],
    rows: { min: number; max: number; samples: number }[],
  ): void {
    const { chunks } = this.#view
    const [slot, bits, samples] = [
      this.#word(series, 0),
      this.#word(series, 1),
      this.#word(series, 2),
    ]
    const [view, start] = [chunks.slotView(slot), chunks.slotStart(slot)]
    const times = new Float64Array(samples)
    const target = { timestampsMs: times, halves: new Uint32Array(samples * 2) }
    this.#decoder.decode(view, start, samples, -Infinity, Infinity, target, 0)
    places.push({ view, start, bytes: Math.ceil(bits / 8) })
    rows.push({ min: times[0] ?? 0, max: times[samples - 1] ?? 0, samples })
  }
}

/** The chunk as Prometheus stores it: two bytes of sample count, then the bits. */
function readChunk(
  place: { readonly view: DataView; readonly start: number; readonly bytes: number },
  samples: number,
  into: Uint8Array,
): number {
  const source = new Uint8Array(place.view.buffer, place.view.byteOffset + place.start, place.bytes)
  into[0] = samples >>> 8
  into[1] = samples & 0xff
  into.set(source, 2)
  return place.bytes + 2
}
