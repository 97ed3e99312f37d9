import { assert } from '../../base/assert.ts'
import { NarthexError } from '../../base/errors.ts'

/**
 * Samples that one query holds in memory at a time: decoded windows, held matrices, the answer.
 * Going over the limit throws QUERY_EXECUTION with upstream's text (row Q12.1).
 */
export class SampleBudget {
  #held = 0
  #peak = 0

  constructor(readonly samplesMax: number) {}

  get held(): number {
    return this.#held
  }

  get peak(): number {
    return this.#peak
  }

  add(samples: number): void {
    this.#held += samples
    if (this.#held > this.#peak) this.#peak = this.#held
    if (this.#held > this.samplesMax) throw tooManySamples()
  }

  release(samples: number): void {
    this.#held -= samples
    assert(this.#held >= 0, 'more samples released than added')
  }

  /** Fails early, before something of that size is allocated. */
  check(samples: number): void {
    if (this.#held + samples > this.samplesMax) throw tooManySamples()
  }
}

function tooManySamples(): NarthexError {
  return new NarthexError(
    'QUERY_EXECUTION',
    'query processing would load too many samples into memory in query execution',
  )
}
