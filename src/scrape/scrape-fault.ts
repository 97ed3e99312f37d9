/** Why a scrape failed, in the words that /targets shows; `cause` decides what is counted. */
export class ScrapeFault extends Error {
  override readonly name = 'ScrapeFault'
  constructor(
    message: string,
    readonly reason:
      | 'page'
      | 'fetch'
      | 'labels'
      | 'body-size'
      | 'samples'
      | 'buckets'
      | 'forced' = 'page',
  ) {
    super(message)
  }
}
