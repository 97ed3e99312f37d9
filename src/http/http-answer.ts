/** Names in lower case; a header that came several times is a list. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** An answer whose body has arrived; still encoded as `contentEncoding` says. */
export interface HttpAnswer extends EncodedBody {
  readonly status: number
  readonly statusText: string
  readonly contentType: string
  /** '' where there is none. */
  readonly location: string
  /** The first value of any header, by its name in lower case; '' where there is none. */
  header(name: string): string
  /** The same of what comes behind the body. */
  trailer(name: string): string
}

export interface EncodedBody {
  readonly contentEncoding: string
  /** In the order of arrival. */
  readonly pieces: readonly Uint8Array[]
  readonly bodyBytes: number
  /** Whoever has no more use for the pieces may say so: a large body is not held twice then. */
  release?(): void
}

/** The first value of a header, by its name in lower case; '' where there is none. */
export function headerOf(headers: AnswerHeaders, name: string): string {
  const value = headers[name]
  return typeof value === 'string' ? value : (value?.[0] ?? '')
}
