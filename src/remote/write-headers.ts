/** The headers of a write request that say what its body is. */
export interface WriteHeaders {
  readonly contentType: string
  readonly contentEncoding: string
}

/** Why the body is not one of ours, in upstream's words (row W2.3); undefined when it may be. */
export function unacceptable({ contentType, contentEncoding }: WriteHeaders): string | undefined {
  const [media = '', ...parameters] = contentType.split(';').map((part) => part.trim())
  if (contentType !== '' && media !== 'application/x-protobuf') {
    return `expected application/x-protobuf as the first (media) part, got ${contentType} content-type`
  }
  const message = parameters.find((part) => part.startsWith('proto='))?.slice('proto='.length)
  if (message === 'io.prometheus.write.v2.Request') {
    return `${message} protobuf message is not built yet in this server; it takes prometheus.WriteRequest`
  }
  if (message !== undefined && message !== 'prometheus.WriteRequest') {
    return `got ${contentType} content type; unknown remote write protobuf message ${message}, supported: prometheus.WriteRequest`
  }
  if (contentEncoding !== '' && contentEncoding !== 'snappy') {
    return `${contentEncoding} encoding (compression) is not accepted by this server; only snappy is acceptable`
  }
  return undefined
}
