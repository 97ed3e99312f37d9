/** Which of the database's texts a querier knows, and by which ids: those below `count`. */
export interface StoredTexts {
  readonly count: number
  /** In queriers with the same number an id means the same. It moves where ids are given to other texts. */
  readonly epoch: number
  /** Among those, one with a number that is not smaller knows all that this one does. */
  readonly clock: number
}

/** Of tables whose ids are their own. */
export const noStoredTexts: StoredTexts = { count: 0, epoch: -1, clock: 0 }

/** Whether stored ids that were found by one querier mean the same to another. */
export function isKnownTo(found: StoredTexts, querier: StoredTexts): boolean {
  return found.epoch === querier.epoch && found.clock <= querier.clock
}
