import { ApiError, badParameter } from './error-reply.ts'
import { parseDurationParameterMs, parseTimeMs } from './time-parameter.ts'

/** Parameters of one request: those of the form come before those of the URL (row A1.12). */
export class Parameters {
  readonly #form: URLSearchParams
  readonly #url: URLSearchParams

  constructor(form: URLSearchParams, url: URLSearchParams) {
    this.#form = form
    this.#url = url
  }

  /** The first value; '' where it is absent. */
  text(name: string): string {
    return this.#form.get(name) ?? this.#url.get(name) ?? ''
  }

  all(name: string): readonly string[] {
    return [...this.#form.getAll(name), ...this.#url.getAll(name)]
  }

  timeMs(name: string, absent?: number): number {
    const text = this.text(name)
    if (text === '' && absent !== undefined) return absent
    // Upstream says it twice where the parameter may be absent.
    const prefix = absent === undefined ? '' : `invalid time value for '${name}': `
    return this.#parsed(name, text, parseTimeMs, prefix)
  }

  /** Undefined where it is absent. */
  durationMs(name: string): number | undefined {
    const text = this.text(name)
    return text === '' ? undefined : this.#parsed(name, text, parseDurationParameterMs)
  }

  requiredDurationMs(name: string): number {
    return this.#parsed(name, this.text(name), parseDurationParameterMs)
  }

  /** 0 where it is absent: no limit (row A1.13). */
  limit(name = 'limit'): number {
    const text = this.text(name)
    if (text === '') return 0
    if (!/^[+-]?\d+$/.test(text)) {
      throw badParameter(name, `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`)
    }
    const limit = Number(text)
    if (limit < 0) throw badParameter(name, 'limit must be non-negative')
    return limit
  }

  /** The same for /metadata, which has words of its own. */
  plainLimit(name: string): number {
    const text = this.text(name)
    if (text === '') return 0
    if (!/^[+-]?\d+$/.test(text)) throw new ApiError('bad_data', `${name} must be a number`)
    return Math.max(0, Number(text))
  }

  #parsed(name: string, text: string, parse: (text: string) => number, prefix = ''): number {
    try {
      return parse(text)
    } catch (thrown) {
      if (thrown instanceof RangeError) throw badParameter(name, prefix + thrown.message)
      throw thrown
    }
  }
}
