import { goG } from '../../model/float-text.ts'
import { formatFloat } from '../../model/go-float-format.ts'
import { goQuote } from '../../model/go-quote.ts'
import type { Span } from '../parse/ast.ts'

type Level = 'warning' | 'info'

interface Annotation {
  readonly level: Level
  readonly text: string
  span: Span | undefined
  occurrences: number
}

/** What forcing buckets to rise has touched so far; told as one line. */
export interface Monotonicity {
  minTimeMs: number
  maxTimeMs: number
  minBucket: number
  maxBucket: number
  maxDifference: number
  count: number
}

/** Upstream tells at most ten of each kind in an answer. */
const toldMax = 10

/**
 * Warnings and infos of one query (rows Q10.*), each told once however many samples caused it. The
 * place is appended when the answer is written.
 */
export class Annotations {
  readonly #found = new Map<string, Annotation>()
  readonly #monotonicity = new Map<string, Monotonicity>()

  constructor(
    readonly typeAndUnitLabels: boolean,
    /** False where the answer has no place for them: then what is costly to find out is not. */
    readonly areTold = true,
  ) {}

  warn(text: string, span?: Span): void {
    this.#add('warning', `PromQL warning: ${text}`, span)
  }

  /** A warning that tells how often it came, where that is more than once. */
  warnCounted(text: string, span: Span, occurrences: number): void {
    this.#add('warning', `PromQL warning: ${text}`, span, occurrences)
  }

  info(text: string, span?: Span): void {
    this.#add('info', `PromQL info: ${text}`, span)
  }

  /** A warning of the storage: not PromQL's, so without prefix and place. */
  storage(text: string): void {
    this.#add('warning', text, undefined)
  }

  forcedMonotonicity(metric: string, span: Span, found: Monotonicity): void {
    const text =
      'PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see ' +
      'https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)' +
      (metric === '' ? '' : ` for metric name ${goQuote(metric)}`)
    this.#add('info', text, span)
    const known = this.#monotonicity.get(text)
    if (known === undefined) {
      this.#monotonicity.set(text, found)
      return
    }
    known.minTimeMs = Math.min(known.minTimeMs, found.minTimeMs)
    known.maxTimeMs = Math.max(known.maxTimeMs, found.maxTimeMs)
    known.minBucket = Math.min(known.minBucket, found.minBucket)
    known.maxBucket = Math.max(known.maxBucket, found.maxBucket)
    known.maxDifference = Math.max(known.maxDifference, found.maxDifference)
    known.count += found.count
  }

  /** The texts of one level with their places in the query, at most ten and a count of the rest. */
  texts(level: Level, query: string): readonly string[] {
    const all = [...this.#found.values()].filter((found) => found.level === level)
    const told = all.slice(0, toldMax).map((found) => this.#told(found, query))
    if (all.length > toldMax) {
      told.push(`${all.length - toldMax} more ${level} annotations omitted`)
    }
    return told
  }

  // Of those with equal text upstream keeps the last: what stands further right is evaluated
  // later, and what it is part of last of all.
  #add(level: Level, text: string, span: Span | undefined, occurrences = 0): void {
    const known = this.#found.get(text)
    if (known === undefined) {
      this.#found.set(text, { level, text, span, occurrences })
      return
    }
    known.occurrences += occurrences
    if (isLater(span, known.span)) known.span = span
  }

  #told(found: Annotation, query: string): string {
    if (found.span === undefined) return found.text
    const place = placeIn(query, found.span.start)
    const range = this.#monotonicity.get(found.text)
    const often = found.occurrences > 1 ? ` (${found.occurrences} occurrences)` : ''
    return `${found.text}${range === undefined ? '' : monotonicityText(range)}${often} (${place})`
  }
}

function isLater(span: Span | undefined, known: Span | undefined): boolean {
  if (span === undefined || known === undefined) return false
  const contains = span.start <= known.start && span.end >= known.end
  return contains || span.start >= known.end
}

function monotonicityText(range: Monotonicity): string {
  const day = (timeMs: number) =>
    `${new Date(Math.floor(timeMs / 1000) * 1000).toISOString().slice(0, 19)}Z`
  return (
    `, from buckets ${goG(range.minBucket)} to ${goG(range.maxBucket)}, with a max diff of ` +
    `${formatFloat(range.maxDifference, 'g', 2)}, over ${range.count} samples from ` +
    `${day(range.minTimeMs)} to ${day(range.maxTimeMs)}`
  )
}

/** line:column of a byte offset, both from 1. */
function placeIn(query: string, offsetBytes: number): string {
  const before = new TextEncoder().encode(query).subarray(0, offsetBytes)
  let line = 1
  let lineStart = 0
  for (let index = 0; index < before.length; index++) {
    if (before[index] !== 0x0a) continue
    line++
    lineStart = index + 1
  }
  return `${line}:${before.length - lineStart + 1}`
}
