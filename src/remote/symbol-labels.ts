import { Labels } from '../model/labels.ts'
import { labelsText } from '../model/labels-text.ts'
import { ProtoWriter } from '../wire/proto-writer.ts'
import { decodeLabels } from '../wire/write-request.ts'
import type { WriteRequestV2Columns } from '../wire/write-request-v2.ts'

/** Writes the labels of version 2's series as version 1 has them, so that both are found alike. */
export class SymbolLabels {
  readonly #out = new ProtoWriter(256)
  #body: Uint8Array = new Uint8Array(0)
  #columns: WriteRequestV2Columns | undefined

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

  /** Valid until the next call; the references have no fault. */
  encoded(refs: Uint32Array): Uint8Array {
    const out = this.#out
    out.reset()
    for (let at = 0; at < refs.length; at += 2) {
      const label = out.begin(1)
      out.bytes(1, this.symbol(refs[at] ?? 0) ?? nothing)
      out.bytes(2, this.symbol(refs[at + 1] ?? 0) ?? nothing)
      out.end(label)
    }
    return out.view()
  }

  /** What is wrong with the labels of a series that is not taken, in upstream's words. */
  invalidText(refs: Uint32Array): string {
    const bytes = this.encoded(refs)
    const pairs = decodeLabels(bytes, 0, bytes.length)
    const text = pairs === undefined ? '{not UTF-8}' : labelsText(Labels.of(pairs))
    const names = (pairs ?? []).map(([name]) => name).sort()
    const twice = names.find((name, index) => name !== '' && name === names[index + 1])
    const hasName = names.includes('__name__') && !names.includes('')
    if (twice === undefined || !hasName) return `invalid metric name or labels, got ${text}`
    return `invalid labels for series, labels ${text}, duplicated label ${twice}`
  }

  /** The label set as Prometheus prints it. */
  text(refs: Uint32Array): string {
    const bytes = this.encoded(refs)
    return labelsText(Labels.of(decodeLabels(bytes, 0, bytes.length) ?? []))
  }
}

const nothing = new Uint8Array(0)
