/** An answer whose body has arrived; still encoded as `contentEncoding` says. */
export interface HttpAnswer {
  readonly status: number
  readonly statusText: string
  readonly contentType: string
  readonly contentEncoding: string
  /** '' where there is none. */
  readonly location: string
  /** The first value of any header, by its name in lower case; '' where there is none. */
  header(name: string): string
  /** In the order of arrival. */
  readonly pieces: readonly Uint8Array[]
  readonly bodyBytes: number
}
