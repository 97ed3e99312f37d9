/** A place in the text that scanning moves on. */
export interface ScanCursor {
  readonly text: string
  at: number
}
