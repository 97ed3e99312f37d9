/** What became of one case of the data. */
export interface CaseResult {
  /** Unique within its area and stable: file, number, and enough of the input to find it. */
  readonly name: string
  readonly passed: boolean
  /** Why not, for people. */
  readonly detail: string
}

/** How the cases of one folder of the data are run. */
export interface Area {
  run(directory: string): Promise<readonly CaseResult[]>
}
