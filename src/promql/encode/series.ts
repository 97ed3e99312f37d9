import { floatTextKernel } from '../../kernels/float-text.ts'
import { type FloatTextKernel, kernelPointsMax } from '../../kernels/float-text-kernel.ts'
import { wellFormedJson } from '../../model/go-json.ts'
import type { LabelColumns, SymbolTable } from '../../storage/querier.ts'
import { exactSecondsText, floatBytesMax, writeFloat, writeSeconds } from './float-bytes.ts'
import type { JsonPieces } from './json-pieces.ts'

/** Bytes of `[time,"value"],` at most. */
const pointBytesMax = floatBytesMax * 2 + 8

const quote = 0x22
const comma = 0x2c
const opening = 0x5b
const closing = 0x5d

/**
 * Writes the points of one series as `[time,"value"],...`: begin, at for each, end. By the kernel in
 * runs of many, and without one, point by point; a value equal to the one before is then copied from
 * there.
 */
export class PointsWriter {
  #first = true
  /** Points that the kernel holds. */
  #held = 0
  readonly #heldMax: number
  #lastValue = 0
  #lastAt = -1
  #lastEnd = 0

  constructor(
    readonly out: JsonPieces,
    readonly kernel: FloatTextKernel | null = floatTextKernel ?? null,
  ) {
    const fitting = Math.floor(out.pieceBytesMax / pointBytesMax)
    this.#heldMax = Math.max(1, Math.min(kernelPointsMax, fitting))
  }

  begin(): void {
    this.#first = true
    this.#lastAt = -1
  }

  at(timeMs: number, value: number): void {
    const { kernel } = this
    if (kernel === null) {
      this.#write(timeMs, value)
      return
    }
    kernel.timesMs[this.#held] = timeMs
    kernel.values[this.#held] = value
    this.#held++
    if (this.#held === this.#heldMax) this.#writeHeld(kernel)
  }

  /** At a time beyond the safe integers, which the kernel has no number for. */
  exactAt(timeMs: bigint, value: number): void {
    this.end()
    const { out } = this
    out.ascii(`${this.#first ? '' : ','}[${exactSecondsText(timeMs)},"`)
    out.room(floatBytesMax)
    out.end = writeFloat(value, out.buffer, out.end)
    out.ascii('"]')
    this.#first = false
    this.#lastAt = -1
  }

  end(): void {
    if (this.kernel !== null && this.#held > 0) this.#writeHeld(this.kernel)
  }

  #writeHeld(kernel: FloatTextKernel): void {
    const { out } = this
    const text = kernel.points(this.#held)
    out.room(text.length + 1)
    if (!this.#first) out.buffer[out.end++] = comma
    out.buffer.set(text, out.end)
    out.end += text.length
    this.#held = 0
    this.#first = false
  }

  #write(timeMs: number, value: number): void {
    const { out } = this
    if (out.room(pointBytesMax)) this.#lastAt = -1
    const { buffer } = out
    if (!this.#first) buffer[out.end++] = comma
    const at = writePointStart(timeMs, buffer, out.end)
    let end = at
    if (this.#lastAt >= 0 && Object.is(value, this.#lastValue)) {
      for (let from = this.#lastAt; from < this.#lastEnd; from++) buffer[end++] = buffer[from] ?? 0
    } else {
      end = writeFloat(value, buffer, at)
      this.#lastValue = value
    }
    this.#lastAt = at
    this.#lastEnd = end
    buffer[end++] = quote
    buffer[end++] = closing
    out.end = end
    this.#first = false
  }
}

function writePointStart(timeMs: number, into: Uint8Array, at: number): number {
  let end = at
  into[end++] = opening
  end = writeSeconds(timeMs, into, end)
  into[end++] = comma
  into[end++] = quote
  return end
}

/** `{"name":"value",...}` of one label set; the text of each pair is made once. */
export class LabelsWriter {
  readonly #pairs = new Map<number, string>()

  constructor(readonly symbols: SymbolTable) {}

  json(labels: LabelColumns, set: number): string {
    const end = labels.offsets[set + 1] ?? 0
    const pairs: string[] = []
    for (let at = labels.offsets[set] ?? 0; at < end; at += 2) {
      const name = labels.labelIds[at] ?? 0
      const value = labels.labelIds[at + 1] ?? 0
      pairs.push(`${this.#quoted(name)}:${this.#quoted(value)}`)
    }
    return `{${pairs.join(',')}}`
  }

  #quoted(symbol: number): string {
    let text = this.#pairs.get(symbol)
    if (text === undefined) {
      text = wellFormedJson(this.symbols.text(symbol))
      this.#pairs.set(symbol, text)
    }
    return text
  }
}
