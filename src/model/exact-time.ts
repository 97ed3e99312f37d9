/** From which time to which, in milliseconds, where one of them is beyond the safe integers. */
export interface ExactTimes {
  readonly startMs: bigint
  readonly endMs: bigint
}

export function exactTimeAt(startMs: bigint, stepMs: number, step: number): bigint {
  return startMs + BigInt(step) * BigInt(stepMs)
}

/** How many steps there are from the start to the end, both among them. */
export function exactStepCount({ startMs, endMs }: ExactTimes, stepMs: number): number {
  return endMs < startMs ? 0 : Number((endMs - startMs) / BigInt(stepMs)) + 1
}
