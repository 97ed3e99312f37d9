import type { ClientOrigin } from './rule-queries.ts'

/** A page that somebody asks for. */
export interface ConsoleRequest {
  /** Below /consoles, with its slash, decoded. */
  readonly path: string
  readonly parameters: ReadonlyMap<string, readonly string[]>
  /** What is wrong with the parameters; undefined where they are whole. */
  readonly parametersFault: string | undefined
  readonly client: ClientOrigin
  readonly signal: AbortSignal
}

export type ConsoleReply =
  | { readonly ok: true; readonly page: Uint8Array<ArrayBuffer> }
  | {
      readonly ok: false
      readonly kind: 'not found' | 'bad parameters' | 'failed'
      readonly message: string
    }

/** To a client that has gone. */
export const unwanted: ConsoleReply = {
  ok: false,
  kind: 'failed',
  message: 'nobody waits for the page any more',
}

/** Pages that are made of templates when they are asked for. */
export interface Consoles {
  page(request: ConsoleRequest): Promise<ConsoleReply>
  /** Whether there is a page with that path. */
  has(path: string): boolean
}
