import type { LabelColumns, SymbolTable } from '../../storage/querier.ts'
import { floatBytesMax, writeFloat, writeSeconds } from './float-bytes.ts'
import type { JsonPieces } from './json-pieces.ts'

/** Bytes of `[time,"value"],` at most. */
const pointBytesMax = floatBytesMax * 2 + 8

const quote = 0x22
const comma = 0x2c
const opening = 0x5b
const closing = 0x5d

/** `[time,"` of each step, written once and copied for every series. */
export class StepTimes {
  readonly #bytes: Uint8Array
  readonly #offsets: Uint32Array

  constructor(startMs: number, stepMs: number, steps: number) {
    this.#bytes = new Uint8Array(steps * pointBytesMax)
    this.#offsets = new Uint32Array(steps + 1)
    let end = 0
    for (let step = 0; step < steps; step++) {
      end = writePointStart(startMs + step * stepMs, this.#bytes, end)
      this.#offsets[step + 1] = end
    }
  }

  copy(step: number, into: Uint8Array, at: number): number {
    const end = this.#offsets[step + 1] ?? 0
    let to = at
    for (let from = this.#offsets[step] ?? 0; from < end; from++)
      into[to++] = this.#bytes[from] ?? 0
    return to
  }
}

/**
 * Writes the points of one series as `[time,"value"],...`. A value equal to the one before is
 * copied from there instead of being written anew.
 */
export class PointsWriter {
  #first = true
  #lastValue = 0
  #lastAt = -1
  #lastEnd = 0

  constructor(readonly out: JsonPieces) {}

  begin(): void {
    this.#first = true
    this.#lastAt = -1
  }

  /** A point at a step whose time is cached. */
  atStep(times: StepTimes, step: number, value: number): void {
    const { out } = this
    if (out.room(pointBytesMax)) this.#lastAt = -1
    if (!this.#first) out.buffer[out.end++] = comma
    this.#finish(times.copy(step, out.buffer, out.end), value)
  }

  at(timeMs: number, value: number): void {
    const { out } = this
    if (out.room(pointBytesMax)) this.#lastAt = -1
    if (!this.#first) out.buffer[out.end++] = comma
    this.#finish(writePointStart(timeMs, out.buffer, out.end), value)
  }

  #finish(at: number, value: number): void {
    const { buffer } = this.out
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
    this.out.end = end
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
      text = JSON.stringify(this.symbols.text(symbol))
      this.#pairs.set(symbol, text)
    }
    return text
  }
}
