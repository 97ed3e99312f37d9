/** What every bench is told: where the real servers are, how long, and which seed. */
export interface BenchOptions {
  readonly peersDirectory: string
  readonly seconds: number
  readonly seed: number
  /** The port that the servers listen on, one after the other. */
  readonly port: number
}
