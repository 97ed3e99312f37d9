import type { Clock } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { plainHttp } from '../config/http-config.ts'
import { loadHttpConfig } from '../config/load.ts'
import { decodeBody } from '../http/decode-body.ts'
import { DeadlineError, failureText } from '../http/failure-text.ts'
import type { HttpAnswer } from '../http/http-answer.ts'
import { HttpClient } from '../http/http-client.ts'
import { Resolver } from '../http/resolver.ts'

/** Whom a tool asks, and how. */
export interface ToolServer {
  readonly url: URL
  /** name, value, name, value, ... */
  readonly headers: readonly string[]
  /** '' where there is none. */
  readonly httpConfigFile: string
}

/**
 * The client for a server and the headers that every request carries (row F3.3): a name and password
 * of the URL are sent as Go's client does. Throws CONFIG_INVALID, and FLAG_INVALID for both at once.
 */
export function toolClient(
  { url, headers, httpConfigFile }: ToolServer,
  fs: FileSystem,
  clock: Clock,
): { readonly client: HttpClient; readonly headers: readonly string[] } {
  if (url.username !== '' && httpConfigFile !== '') {
    const words =
      'Cannot set base auth in the server URL and use a http.config.file at the same time'
    throw new NarthexError('FLAG_INVALID', words)
  }
  const config =
    httpConfigFile === ''
      ? plainHttp
      : loadHttpConfig(new TextDecoder().decode(fs.readFile(httpConfigFile)), httpConfigFile)
  const client = new HttpClient({ config, fs, clock, resolver: new Resolver({ fs, clock }) })
  return { client, headers: [...headers, ...credentialsOf(url)] }
}

function credentialsOf({ username, password }: URL): readonly string[] {
  if (username === '' && password === '') return []
  const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return ['Authorization', `Basic ${Buffer.from(plain).toString('base64')}`]
}

/** Why a request of a tool failed, behind what it asked for. */
export function requestFault(thrown: unknown): string {
  const isOurs = thrown instanceof NarthexError || thrown instanceof DeadlineError
  return isOurs ? thrown.message : failureText(thrown)
}

/** The body of an answer, decoded. Throws as decodeBody does. */
export async function bodyOf(answer: HttpAnswer, bytesMax: number): Promise<Buffer> {
  const { pieces } = await decodeBody(answer, bytesMax)
  return Buffer.concat(pieces)
}
