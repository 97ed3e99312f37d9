import type { Span } from '../base/tracer.ts'
import type { AnswerCoding } from '../storage/query-runner.ts'
import type { Parameters } from './parameters.ts'

/** A request as the handlers see it. */
export interface ApiRequest {
  readonly parameters: Parameters
  /** Parts of the path that the route leaves open, decoded. */
  readonly path: Readonly<Record<string, string>>
  readonly client: RequestClient
  /** Aborted when the client went away. */
  readonly signal: AbortSignal
  /** Of the request; undefined where it is not traced. */
  readonly span: Span | undefined
  /** What the answer may be compressed with where it is made; the client takes it. */
  readonly coding: AnswerCoding | undefined
}

/** Who asked, and for what. */
interface RequestClient {
  readonly address: string
  readonly method: string
  /** Of the URL, without its parameters. */
  readonly path: string
}

/** A JSON answer: the value of `data`, the bytes of the whole envelope, or 204 (row A1.4). */
export type ApiAnswer =
  | { readonly kind: 'data'; readonly data: unknown }
  | {
      readonly kind: 'bytes'
      readonly pieces: readonly Uint8Array[]
      /** Those that are not made yet; whatever they fail with ends the answer in its middle. */
      readonly more?: AsyncIterable<Uint8Array> | undefined
      /** What the pieces are compressed with already; `identity`: they are not to be. */
      readonly coding?: AnswerCoding | 'snappy' | 'identity' | undefined
      /** JSON where it is absent. */
      readonly contentType?: string | undefined
      readonly cacheControl?: string
    }
  | { readonly kind: 'nothing' }

export interface ApiRoute {
  readonly methods: readonly ('GET' | 'POST' | 'PUT')[]
  /** Below /api/v1/, in fastify's form: `label/:name/values`. */
  readonly path: string
  /** Whether its parameters may come as a JSON object, too. */
  readonly takesJson?: boolean
  /** Whether parameters in a multipart form are not looked at, as upstream where these are required. */
  readonly leavesParts?: boolean
  readonly handle: (request: ApiRequest) => Promise<ApiAnswer> | ApiAnswer
}

export function data(value: unknown): ApiAnswer {
  return { kind: 'data', data: value }
}
