/** A sample as its sender knows it. */
export interface SentSample {
  readonly series: string
  readonly timestampMs: number
  readonly value: number
}

/**
 * What a database must hold: a map of everything that was sent, each acknowledged or not. Checks
 * that all that was acknowledged is there, that all that is there was sent, in order and bit-equal.
 */
export class Model {
  readonly #sent = new Map<string, Map<number, { readonly value: number; acknowledged: boolean }>>()

  send(samples: readonly SentSample[]): void {
    for (const { series, timestampMs, value } of samples) {
      const known = this.#sent.get(series) ?? new Map()
      known.set(timestampMs, { value, acknowledged: false })
      this.#sent.set(series, known)
    }
  }

  acknowledge(samples: readonly SentSample[]): void {
    for (const { series, timestampMs } of samples) {
      const sample = this.#sent.get(series)?.get(timestampMs)
      if (sample !== undefined) sample.acknowledged = true
    }
  }

  /**
   * Faults of what was read back; empty when the promises hold. `lossesAllowed` = a power cut.
   * Samples before `keptFromMs` may have been deleted by retention, after `keptToMs` lost.
   */
  faults(
    stored: ReadonlyMap<string, readonly (readonly [number, number])[]>,
    lossesAllowed: boolean,
    keptFromMs = Number.NEGATIVE_INFINITY,
    keptToMs = Number.NEGATIVE_INFINITY,
  ): readonly string[] {
    const faults: string[] = []
    for (const [series, samples] of stored) {
      let newest = Number.NEGATIVE_INFINITY
      for (const [timestampMs, value] of samples) {
        const sent = this.#sent.get(series)?.get(timestampMs)
        if (timestampMs <= newest) faults.push(`${series}: ${timestampMs} is out of order or twice`)
        if (sent === undefined) faults.push(`${series}: ${timestampMs} was never sent`)
        else if (!Object.is(sent.value, value)) faults.push(`${series}: ${timestampMs} is ${value}`)
        newest = timestampMs
      }
    }
    for (const [series, samples] of this.#sent) {
      const there = new Set(stored.get(series)?.map(([timestampMs]) => timestampMs))
      let isGone = false
      for (const [timestampMs, { acknowledged }] of samples) {
        const isThere = there.has(timestampMs)
        if (!isThere && timestampMs < keptFromMs) continue
        if (!isThere && acknowledged && (!lossesAllowed || timestampMs <= keptToMs))
          faults.push(`${series}: ${timestampMs} was lost`)
        // After a power cut the survivors of a series are a prefix of what was acknowledged.
        if (isThere && isGone && acknowledged)
          faults.push(`${series}: ${timestampMs} survived a gap`)
        if (!isThere && acknowledged) isGone = true
      }
    }
    return faults
  }
}
