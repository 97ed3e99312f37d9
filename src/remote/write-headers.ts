/** The headers of a write request that say what its body is. */
export interface WriteHeaders {
  readonly contentType: string
  readonly contentEncoding: string
}

/** Names of the messages, in the order in which upstream lists them. */
export const writeMessages = ['prometheus.WriteRequest', 'io.prometheus.write.v2.Request'] as const

export type WriteMessage = (typeof writeMessages)[number]

type Message =
  | { readonly ok: true; readonly version: 1 | 2 }
  | { readonly ok: false; readonly why: string }

/** Why the body is not compressed as ours, in upstream's words (row W2.3); undefined when it is. */
export function unacceptableEncoding({ contentEncoding }: WriteHeaders): string | undefined {
  if (contentEncoding === '' || contentEncoding === 'snappy') return undefined
  return `${contentEncoding} encoding (compression) is not accepted by this server; only snappy is acceptable`
}

/** Which message the body is; where the header does not say it, that of version 1. */
export function messageOf(
  { contentType }: WriteHeaders,
  accepted: readonly WriteMessage[] = writeMessages,
): Message {
  const [media = '', ...parameters] = contentType.split(';').map((part) => part.trim())
  const refuse = (why: string): Message => ({ ok: false, why })
  if (contentType !== '' && media !== 'application/x-protobuf') {
    return refuse(
      `expected application/x-protobuf as the first (media) part, got ${contentType} content-type`,
    )
  }
  const at = parameters.findIndex((part) => part.startsWith('proto='))
  // What stands behind the message is not looked at, as upstream.
  const read = at < 0 ? parameters : parameters.slice(0, at + 1)
  const odd = read.find((part) => part.split('=').length !== 2)
  if (odd !== undefined) {
    return refuse(
      `as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be key-values, got ${odd} in ${contentType} content-type`,
    )
  }
  const named = parameters[at]?.slice('proto='.length)
  const message = writeMessages.find((one) => one === (named ?? writeMessages[0]))
  if (message === undefined) {
    return refuse(
      `got ${contentType} content type; unknown type for remote write protobuf message ${named}, supported: ${writeMessages.join(', ')}`,
    )
  }
  if (!accepted.includes(message)) {
    return refuse(
      `${message} protobuf message is not accepted by this server; only accepts ${accepted.join(', ')}`,
    )
  }
  return { ok: true, version: message === writeMessages[0] ? 1 : 2 }
}
