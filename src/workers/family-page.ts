import { limits } from '../base/limits.ts'
import type { EscapingScheme } from '../model/name-escaping.ts'
import { beginFamily, writeMetric } from '../wire/family-protobuf.ts'
import type { FamilyWriter } from '../wire/family-writer.ts'
import type { ExposedMetric, FamilyType } from '../wire/metric-family.ts'
import { ProtoWriter } from '../wire/proto-writer.ts'
import { BytePieces } from './byte-pieces.ts'

/** A page of metric families that is written from its first series to its last. */
export interface FamilyPage {
  begin(name: string, type: FamilyType): void
  add(metric: ExposedMetric): void
  /** The pieces that are whole since the last time. */
  ready(): readonly Uint8Array<ArrayBuffer>[]
  /** Those that are left, with the end of the page. */
  finish(): readonly Uint8Array<ArrayBuffer>[]
}

const encoder = new TextEncoder()

/** A page of text: `writer` writes each part of it. */
export class TextPage implements FamilyPage {
  readonly #writer: FamilyWriter
  #pieces: Uint8Array<ArrayBuffer>[] = []
  #text = ''

  constructor(writer: FamilyWriter) {
    this.#writer = writer
  }

  begin(name: string, type: FamilyType): void {
    this.#text += this.#writer.begin({ name, type })
  }

  add(metric: ExposedMetric): void {
    this.#text += this.#writer.metric(metric)
    // A character takes three bytes at most here; surrogate pairs take four for two.
    if (this.#text.length * 3 > limits.httpWritePieceBytesMax) this.#settle()
  }

  ready(): readonly Uint8Array<ArrayBuffer>[] {
    const pieces = this.#pieces
    if (pieces.length > 0) this.#pieces = []
    return pieces
  }

  finish(): readonly Uint8Array<ArrayBuffer>[] {
    this.#text += this.#writer.end()
    this.#settle()
    return this.ready()
  }

  #settle(): void {
    if (this.#text !== '') this.#pieces.push(encoder.encode(this.#text))
    this.#text = ''
  }
}

export class ProtobufPage implements FamilyPage {
  readonly #escaping: EscapingScheme
  readonly #out = new ProtoWriter(1 << 16)
  readonly #pieces = new BytePieces(this.#out)
  #start = -1
  #type: FamilyType = 'untyped'

  constructor(escaping: EscapingScheme) {
    this.#escaping = escaping
  }

  begin(name: string, type: FamilyType): void {
    this.#end()
    this.#start = beginFamily(this.#out, { name, type }, this.#escaping)
    this.#type = type
  }

  add(metric: ExposedMetric): void {
    writeMetric(this.#out, this.#type, metric, this.#escaping)
  }

  ready(): readonly Uint8Array<ArrayBuffer>[] {
    return this.#pieces.ready()
  }

  finish(): readonly Uint8Array<ArrayBuffer>[] {
    this.#end()
    return this.#pieces.finish()
  }

  #end(): void {
    if (this.#start < 0) return
    this.#out.end(this.#start)
    this.#pieces.settle()
    this.#start = -1
  }
}
