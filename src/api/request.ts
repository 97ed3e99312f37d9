import type { Parameters } from './parameters.ts'

/** A request as the handlers see it. */
export interface ApiRequest {
  readonly parameters: Parameters
  /** Parts of the path that the route leaves open, decoded. */
  readonly path: Readonly<Record<string, string>>
  /** Aborted when the client went away. */
  readonly signal: AbortSignal
}

/** A JSON answer: the value of `data`, or the bytes of the whole envelope. */
export type ApiAnswer =
  | { readonly kind: 'data'; readonly data: unknown; readonly warnings?: readonly string[] }
  | { readonly kind: 'bytes'; readonly pieces: readonly Uint8Array[] }

export interface ApiRoute {
  readonly methods: readonly ('GET' | 'POST')[]
  /** Below /api/v1/, in fastify's form: `label/:name/values`. */
  readonly path: string
  readonly handle: (request: ApiRequest) => Promise<ApiAnswer> | ApiAnswer
}

export function data(value: unknown): ApiAnswer {
  return { kind: 'data', data: value }
}
