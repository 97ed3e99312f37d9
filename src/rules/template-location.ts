/** What a time zone says of a moment. */
export interface ZoneAt {
  /** Empty where the zone has no name for it. */
  readonly abbreviation: string
  /** East of UTC. */
  readonly offsetSeconds: number
}

/** Go's time.Location: where a time is shown. */
export class GoLocation {
  constructor(
    readonly name: string,
    readonly at: (unixSeconds: number) => ZoneAt,
  ) {}
}

const utc: ZoneAt = { abbreviation: 'UTC', offsetSeconds: 0 }

export const utcLocation = new GoLocation('UTC', () => utc)

/** Of the host; a server's times are in UTC. */
export const localLocation = new GoLocation('Local', () => utc)

/** A zone that is known by its offset only. */
export function fixedLocation(offsetSeconds: number): GoLocation {
  const zone = { abbreviation: '', offsetSeconds }
  return new GoLocation('', () => zone)
}
