/** What every bench is told: where the real servers are, how long, and which seed. */
export interface BenchOptions {
  readonly peersDirectory: string
  readonly seconds: number
  readonly seed: number
  /** The port that the servers listen on, one after the other. */
  readonly port: number
  /** For the benches whose number of series is a matter of patience. */
  readonly series: number
  /** Of the benches that have several. */
  readonly mode: string
  /** Of the scrape bench. */
  readonly targets: number
}
