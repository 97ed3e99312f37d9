import { dirname } from 'node:path'
import { NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { goQuote } from '../model/go-quote.ts'
import { bcryptFault } from './bcrypt-hash.ts'
import { emptySection, FieldReader, type Located, problem } from './field-reader.ts'
import { ConfigProblem } from './problem.ts'
import { readPastFaults } from './read-past-faults.ts'
import { Secret } from './secret.ts'
import { readWebTls, type WebTlsConfig } from './web-tls.ts'
import { parseYaml } from './yaml-node.ts'

/** A file of --web.config.file (rows F8). */
export interface WebConfig {
  /** Undefined where HTTP is served without TLS. */
  readonly tls: WebTlsConfig | undefined
  readonly http2: boolean
  /** By upstream's spelling of the name. */
  readonly headers: ReadonlyMap<string, string>
  /** Bcrypt hashes by name; nobody has to log in where there are none. */
  readonly users: ReadonlyMap<string, Secret>
  /** Undefined where requests are not limited. */
  readonly rateLimit: RateLimit | undefined
}

/** A bucket of `burst` requests that gets one more every interval. */
export interface RateLimit {
  readonly intervalMs: number
  readonly burst: number
}

/** Headers that may be set, and the values that some of them are held to. */
const headerValues: ReadonlyMap<string, readonly string[]> = new Map([
  ['Strict-Transport-Security', []],
  ['X-Content-Type-Options', ['nosniff']],
  ['X-Frame-Options', ['deny', 'sameorigin']],
  ['X-XSS-Protection', []],
  ['Content-Security-Policy', []],
])

/**
 * Reads the text of the file; the files that it names are not looked at. Throws NarthexError
 * CONFIG_INVALID with upstream's sentence and nothing else.
 */
export function readWebConfig(text: string, path: string): WebConfig {
  try {
    return readFields(text, dirname(path))
  } catch (thrown) {
    if (!(thrown instanceof ConfigProblem)) throw thrown
    throw new NarthexError('CONFIG_INVALID', thrown.message, { cause: thrown })
  }
}

function readFields(text: string, directory: string): WebConfig {
  if (Buffer.byteLength(text) > limits.webConfigBytesMax) {
    throw new ConfigProblem(`file is over ${limits.webConfigBytesMax} bytes`, undefined)
  }
  const node = parseYaml(text)
  const at = node === undefined ? emptySection : { node, path: '' }
  return readPastFaults(at, (located) => readDocument(located, directory))()
}

/** The checks are upstream's, once the whole file is read. */
function readDocument(at: Located, directory: string): () => WebConfig {
  const fields = new FieldReader(at, 'web.Config')
  const tls = readWebTls(fields.take('tls_server_config') ?? emptySection, directory)
  const http = readHttp(fields.take('http_server_config') ?? emptySection)
  const rateLimit = readRateLimit(fields.take('rate_limit') ?? emptySection)
  const users = fields.textMap('basic_auth_users', 'map[string]config.Secret')
  fields.end()
  return () => {
    http.checkHeaders()
    for (const hash of users.values()) {
      const fault = bcryptFault(hash)
      if (fault !== undefined) throw new ConfigProblem(fault, undefined)
    }
    return {
      tls: tls?.(),
      http2: http.http2,
      headers: http.headers,
      users: new Map(Array.from(users, ([name, hash]) => [name, new Secret(hash)])),
      rateLimit,
    }
  }
}

function readHttp(at: Located): Pick<WebConfig, 'http2' | 'headers'> & { checkHeaders(): void } {
  const fields = new FieldReader(at, 'web.HTTPConfig')
  const http2 = fields.flag('http2', true)
  const headers = fields.textMap('headers')
  fields.end()
  return {
    http2,
    headers,
    checkHeaders() {
      for (const [name, value] of headers) checkHeader(name, value, at)
    },
  }
}

function checkHeader(name: string, value: string, at: Located): void {
  const values = headerValues.get(name)
  if (values === undefined) throw problem(`HTTP header ${goQuote(name)} can not be configured`, at)
  if (values.length > 0 && !values.includes(value)) {
    const known = values.map((one) => goQuote(one)).join(' ')
    const words = `invalid value for ${name}. Expected one of: [${known}], but got: ${goQuote(value)}`
    throw problem(words, at)
  }
  // Upstream's library writes blanks in their place.
  if (/[\r\n\0]/.test(value)) throw problem(`invalid value for ${name}: it has line breaks`, at)
}

function readRateLimit(at: Located): RateLimit | undefined {
  const fields = new FieldReader(at, 'web.RateLimiterConfig')
  const intervalMs = fields.goDurationMs('interval')
  const burst = fields.integer('burst', 'int')
  fields.end()
  return intervalMs === 0 ? undefined : { intervalMs, burst }
}
