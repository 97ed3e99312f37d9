import { goQuote } from '../model/go-quote.ts'
import { ApiError, badParameter } from './error-reply.ts'
import { type FormValues, formFault } from './form.ts'
import { parseDurationParameterMs, parseExactTimeMs, parseTimeMs } from './time-parameter.ts'

/** Parameters of one request: those of the form come before those of the URL (row A1.12). */
export class Parameters {
  readonly #form: FormValues
  readonly #url: FormValues
  readonly #texts: readonly string[]

  /** `texts`: what they were read from, the form's first, for `requireWhole`. */
  constructor(form: FormValues, url: FormValues, texts: readonly string[] = []) {
    this.#form = form
    this.#url = url
    this.#texts = texts
  }

  /** Throws where a pair was left out because it is broken: upstream asks that of some endpoints only. */
  requireWhole(): void {
    for (const text of this.#texts) {
      const fault = formFault(text)
      if (fault !== undefined) throw new ApiError('bad_data', `error parsing form values: ${fault}`)
    }
  }

  /** The first value, with U+FFFD for bytes that are no UTF-8; '' where it is absent. */
  text(name: string): string {
    return wellFormed(this.written(name))
  }

  /** The same with its bytes, for messages. */
  written(name: string): string {
    return this.#form.get(name)?.[0] ?? this.#url.get(name)?.[0] ?? ''
  }

  all(name: string): readonly string[] {
    return [...(this.#form.get(name) ?? []), ...(this.#url.get(name) ?? [])].map(wellFormed)
  }

  timeMs(name: string): number {
    return inParameter(name, () => parseTimeMs(this.written(name)))
  }

  /** A time that may be absent; upstream then names it twice where it is no time. */
  timeMsOr(name: string, absent: number): number {
    const text = this.written(name)
    if (text === '') return absent
    return inParameter(name, () => parseTimeMs(text), invalidTime(name))
  }

  exactTimeMs(name: string): number | bigint {
    return inParameter(name, () => parseExactTimeMs(this.written(name)))
  }

  exactTimeMsOr(name: string, absent: number): number | bigint {
    const text = this.written(name)
    if (text === '') return absent
    return inParameter(name, () => parseExactTimeMs(text), invalidTime(name))
  }

  durationMs(name: string): number {
    return inParameter(name, () => parseDurationParameterMs(this.written(name)))
  }

  /** 0 where it is absent: no limit (row A1.13). */
  limit(): number {
    const text = this.written('limit')
    if (text === '') return 0
    const limit = wholeNumber(text)
    if (typeof limit === 'string') {
      throw badParameter('limit', `strconv.Atoi: parsing ${goQuote(text)}: ${limit}`)
    }
    if (limit < 0) throw badParameter('limit', 'limit must be non-negative')
    return limit
  }

  /** From 1 to `most`, with the words of status/tsdb for what is not. */
  limitFromOne(absent: number, most: number): number {
    const text = this.text('limit')
    if (text === '') return absent
    const limit = wholeNumber(text)
    if (typeof limit === 'string' || limit < 1) {
      throw new ApiError('bad_data', 'limit must be a positive number')
    }
    if (limit > most) throw new ApiError('bad_data', `limit must not exceed ${most}`)
    return limit
  }

  /** A whole number as Go reads it, or what is wrong with it; undefined where it is absent. */
  whole(name: string): number | string | undefined {
    const text = this.text(name)
    return text === '' ? undefined : wholeNumber(text)
  }

  /** A number whose errors have words of their own; undefined where it is absent. */
  number(name: string): number | undefined {
    const text = this.text(name)
    if (text === '') return undefined
    const number = wholeNumber(text)
    if (typeof number === 'string') throw new ApiError('bad_data', `${name} must be a number`)
    return number
  }
}

function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, '\ufffd')
}

/** As Go's Atoi reads it; else what is wrong with it. Rounds beyond 2^53, which no limit needs. */
function wholeNumber(text: string): number | 'invalid syntax' | 'value out of range' {
  if (!/^[+-]?\d+$/.test(text)) return 'invalid syntax'
  const exact = BigInt(text.replace('+', ''))
  return exact === BigInt.asIntN(64, exact) ? Number(exact) : 'value out of range'
}

function invalidTime(name: string): string {
  return `invalid time value for '${name}': `
}

/** Turns the parsers' RangeError into the error of that parameter. */
function inParameter<T>(name: string, parse: () => T, prefix = ''): T {
  try {
    return parse()
  } catch (thrown) {
    if (thrown instanceof RangeError) throw badParameter(name, prefix + thrown.message)
    throw thrown
  }
}
