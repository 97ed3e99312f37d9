import { compareBytes } from '../model/byte-order.ts'
import { pairsText } from '../model/labels-text.ts'
import { ProtoWriter } from '../wire/proto-writer.ts'
import { decodeLabels } from '../wire/write-request.ts'
import type { WriteRequestV2Columns } from '../wire/write-request-v2.ts'
import { metricTypeV2 } from './written-metadata.ts'

/**
 * Writes the labels of version 2's series as version 1 has them, so that both are found alike; with
 * --enable-feature=type-and-unit-labels those that its metadata tells are among them.
 */
export class SymbolLabels {
  readonly #hasMetadataLabels: boolean
  readonly #out = new ProtoWriter(256)
  #body: Uint8Array = new Uint8Array(0)
  #columns: WriteRequestV2Columns | undefined

  constructor(hasMetadataLabels: boolean) {
    this.#hasMetadataLabels = hasMetadataLabels
  }

  begin(body: Uint8Array, columns: WriteRequestV2Columns): void {
    this.#body = body
    this.#columns = columns
  }

  /** The bytes of the text of a symbol; undefined where the table is not that long. */
  symbol(ref: number): Uint8Array | undefined {
    const columns = this.#columns
    if (columns === undefined || ref >= columns.symbolCount) return undefined
    return this.#body.subarray(columns.symbolStart[ref], columns.symbolEnd[ref])
  }

  get symbolCount(): number {
    return this.#columns?.symbolCount ?? 0
  }

  /** What is wrong with references to names and values in turn, in upstream's words. */
  faultOf(refs: ArrayLike<number>): string | undefined {
    if (refs.length % 2 !== 0) return `invalid labelRefs length ${refs.length}`
    for (let at = 0; at < refs.length; at += 2) {
      const [name, value] = [refs[at] ?? 0, refs[at + 1] ?? 0]
      if (name < this.symbolCount && value < this.symbolCount) continue
      return `labelRefs ${name} (name) = ${value} (value) outside of symbols table (size ${this.symbolCount})`
    }
    return undefined
  }

  /** The references of a series to names and values in turn. */
  refs(series: number): Uint32Array {
    const columns = this.#columns
    if (columns === undefined) return new Uint32Array(0)
    return columns.refs.subarray(columns.refStart[series], columns.refStart[series + 1])
  }

  /** Valid until the next call; the references of the series, and of its metadata, have no fault. */
  encoded(series: number): Uint8Array {
    const out = this.#out
    out.reset()
    const { type, unit } = this.#metadata(series)
    // What the metadata tells takes the place of what the sender says.
    const isTold = type.length + unit.length > 0
    const refs = this.refs(series)
    for (let at = 0; at < refs.length; at += 2) {
      const name = this.symbol(refs[at] ?? 0) ?? nothing
      if (isTold && (typeName.equals(name) || unitName.equals(name))) continue
      this.#put(name, this.symbol(refs[at + 1] ?? 0) ?? nothing)
    }
    if (type.length > 0) this.#put(typeName, type)
    if (unit.length > 0) this.#put(unitName, unit)
    return out.view()
  }

  #put(name: Uint8Array, value: Uint8Array): void {
    const label = this.#out.begin(1)
    this.#out.bytes(1, name)
    this.#out.bytes(2, value)
    this.#out.end(label)
  }

  /** What becomes labels of it; each is empty where it tells nothing. */
  #metadata(series: number): { readonly type: Uint8Array; readonly unit: Uint8Array } {
    const columns = this.#columns
    if (!this.#hasMetadataLabels || columns === undefined) return { type: nothing, unit: nothing }
    const type = metricTypeV2(columns.metadataType[series] ?? 0)
    return {
      type: type === 'unknown' ? nothing : Buffer.from(type),
      unit: this.symbol(columns.unitRef[series] ?? 0) ?? nothing,
    }
  }

  /** What is wrong with the labels of a series that is not taken, in upstream's words. */
  invalidText(series: number): string {
    const pairs = this.#pairs(series)
    const text = pairs === undefined ? '{not UTF-8}' : pairsText(pairs)
    const names = (pairs ?? []).map(([name]) => name)
    const twice = names.find((name, index) => name !== '' && name === names[index + 1])
    const hasName = names.includes('__name__') && !names.includes('')
    if (twice === undefined || !hasName) return `invalid metric name or labels, got ${text}`
    return `invalid labels for series, labels ${text}, duplicated label ${twice}`
  }

  /** The label set as Prometheus prints it: with what is empty. */
  text(series: number): string {
    return pairsText(this.#pairs(series) ?? [])
  }

  /** By name, each as it was sent; undefined where one is not UTF-8. */
  #pairs(series: number): readonly (readonly [name: string, value: string])[] | undefined {
    const bytes = this.encoded(series)
    return decodeLabels(bytes, 0, bytes.length)?.toSorted(([a], [b]) => compareBytes(a, b))
  }
}

const nothing = new Uint8Array(0)
const typeName = Buffer.from('__type__')
const unitName = Buffer.from('__unit__')
