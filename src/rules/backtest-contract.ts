/** Rules to be evaluated over past data (rows B1.8 and B1.10). */
export interface BacktestRequest {
  /** Text of a rule file. */
  readonly rules: string
  /** The path by which a server knows it: when its groups are evaluated follows from it. */
  readonly file: string
  /** Both ends are included. */
  readonly startMs: number
  readonly endMs: number
  /** Series of each recording rule whose samples are in the answer; 0 = none. */
  readonly seriesMax: number
  readonly timeoutMs: number
}

/** `body` is the JSON of `data`, in pieces. */
export type BacktestReply =
  | { readonly ok: true; readonly body: readonly Uint8Array[] }
  | {
      readonly ok: false
      readonly errorType: 'bad_data' | 'execution' | 'timeout' | 'canceled' | 'unavailable'
      readonly message: string
    }

/** One that is under way. */
export interface RunningBacktest {
  readonly file: string
  readonly startMs: number
  readonly endMs: number
  readonly sinceMs: number
  /** Evaluations of single rules; both 0 before it is known. */
  readonly done: number
  readonly total: number
}

/** How a server runs them; an aborted signal answers `canceled`. */
export interface Backtests {
  run(request: BacktestRequest, signal: AbortSignal): Promise<BacktestReply>
  running(): readonly RunningBacktest[]
}

/** The answer as JSON has it: times by RFC 3339, durations in seconds. */
export interface BacktestAnswer {
  readonly start: string
  readonly end: string
  readonly groups: readonly BacktestGroupAnswer[]
}

export interface BacktestGroupAnswer {
  readonly name: string
  readonly file: string
  readonly interval: number
  readonly evaluations: number
  /** Absent where no evaluation lies in the range. */
  readonly firstEvaluation?: string
  readonly lastEvaluation?: string
  readonly rules: readonly BacktestRuleAnswer[]
}

interface OfRule {
  readonly name: string
  readonly query: string
  readonly labels: Readonly<Record<string, string>>
  /** Evaluations that went wrong, and what the last of them said. */
  readonly failures: number
  readonly lastError?: string
}

export interface BacktestAlertingAnswer extends OfRule {
  readonly type: 'alerting'
  readonly duration: number
  readonly keepFiringFor: number
  readonly annotations: Readonly<Record<string, string>>
  readonly alerts: readonly BacktestAlertAnswer[]
}

export interface BacktestAlertAnswer {
  readonly labels: Readonly<Record<string, string>>
  readonly intervals: readonly BacktestIntervalAnswer[]
}

export interface BacktestIntervalAnswer {
  readonly state: 'pending' | 'firing'
  readonly start: string
  /** The evaluation that found it otherwise; absent where it held until the last one. */
  readonly end?: string
  /** Up to the end, or to the last evaluation. */
  readonly duration: number
  readonly activeAt: string
  readonly value: string
  readonly annotations: Readonly<Record<string, string>>
}

export interface BacktestRecordingAnswer extends OfRule {
  readonly type: 'recording'
  readonly series: number
  readonly samples: number
  /** As a range query answers them. */
  readonly result?: readonly unknown[]
}

export type BacktestRuleAnswer = BacktestAlertingAnswer | BacktestRecordingAnswer
