/** What a time zone says of a moment. */
export interface ZoneAt {
  /** Empty where the zone has no name for it. */
  readonly abbreviation: string
  /** East of UTC. */
  readonly offsetSeconds: number
  readonly isDst: boolean
}
