import type { Clock } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import { jwtBearerGrant, type Oauth2Config } from '../config/oauth2-config.ts'
import { jwtAssertion } from './jwt-assertion.ts'
import { readSecretFile } from './secret-file.ts'

/** What the token server said. */
export interface TokenReply {
  readonly status: number
  readonly statusText: string
  readonly contentType: string
  readonly text: string
}

/** Posts a form to the token server; `headers` are name, value, ... */
export type AskForToken = (form: URLSearchParams, headers: readonly string[]) => Promise<TokenReply>

export interface TokenSourceOptions {
  readonly config: Oauth2Config
  readonly fs: FileSystem
  readonly clock: Clock
  readonly ask: AskForToken
}

interface Token {
  /** Of an Authorization header. */
  readonly value: string
  /** On the monotonic clock. */
  readonly goodUntilMs: number
}

/**
 * Gets tokens from an OAuth2 server and keeps the last one until shortly before it expires (rows
 * C9.3, C9.4). Requests that need one at the same time wait for one answer; a failure is not kept.
 */
export class TokenSource {
  readonly #options: TokenSourceOptions
  readonly #credential: () => string
  #lastCredential = ''
  #token: Token | undefined
  #asked: Promise<Token> | undefined
  /** Where this server wants the client's credentials: found out by the first token. */
  #sendsInForm: boolean | undefined

  constructor(options: TokenSourceOptions) {
    this.#options = options
    this.#credential = credentialOf(options.config, options.fs)
  }

  /** The value of the Authorization header; a promise only where a token has to be fetched. */
  authorization(): string | Promise<string> {
    const credential = this.#credential()
    if (credential !== this.#lastCredential) {
      this.#lastCredential = credential
      this.#token = undefined
      this.#asked = undefined
    }
    const token = this.#token
    if (token !== undefined && this.#options.clock.monotonicMs() < token.goodUntilMs) {
      return token.value
    }
    return this.#fetch(credential)
  }

  async #fetch(credential: string): Promise<string> {
    const asked = this.#asked ?? this.#ask(credential)
    this.#asked = asked
    try {
      const token = await asked
      if (this.#asked === asked) this.#token = token
      return token.value
    } finally {
      if (this.#asked === asked) this.#asked = undefined
    }
  }

  async #ask(credential: string): Promise<Token> {
    const { config, clock } = this.#options
    const sentMs = clock.monotonicMs()
    const reply =
      config.grantType === jwtBearerGrant
        ? await this.#options.ask(this.#assertionForm(credential), [])
        : await this.#askAsClient(credential)
    return tokenOf(reply, sentMs)
  }

  #assertionForm(keyPem: string): URLSearchParams {
    const { config, clock } = this.#options
    const form = new URLSearchParams({
      grant_type: jwtBearerGrant,
      assertion: jwtAssertion(config, keyPem, clock.wallMs()),
    })
    return withParameters(form, config)
  }

  async #askAsClient(secret: string): Promise<TokenReply> {
    const { config, ask } = this.#options
    const form = withParameters(new URLSearchParams({ grant_type: 'client_credentials' }), config)
    const inHeader = () => ask(form, basicAuthorization(config.clientId, secret))
    const inForm = () => ask(withClient(form, config.clientId, secret), [])
    if (this.#sendsInForm !== undefined) return await (this.#sendsInForm ? inForm() : inHeader())
    // RFC 6749 section 2.3.1 wants the header; servers that do not know it are asked once more.
    const first = await inHeader()
    const reply = isRefusal(first) ? await inForm() : first
    if (!isRefusal(reply)) this.#sendsInForm = reply !== first
    return reply
  }
}

function credentialOf(config: Oauth2Config, fs: FileSystem): () => string {
  const isAssertion = config.grantType === jwtBearerGrant
  const file = isAssertion ? config.clientCertificateKeyFile : config.clientSecretFile
  const secret = isAssertion ? config.clientCertificateKey : config.clientSecret
  const what = 'oauth2 client secret'
  return file === '' ? () => secret?.reveal() ?? '' : () => readSecretFile(fs, file, what)
}

/** Scopes and endpoint_params; of what is there already they may only change the grant. */
function withParameters(form: URLSearchParams, config: Oauth2Config): URLSearchParams {
  if (config.scopes.length > 0) form.set('scope', config.scopes.join(' '))
  for (const [name, value] of config.endpointParams) {
    if (form.has(name) && name !== 'grant_type') {
      throw refused(`oauth2: cannot overwrite parameter "${name}"`)
    }
    form.set(name, value)
  }
  return form
}

function withClient(form: URLSearchParams, clientId: string, secret: string): URLSearchParams {
  const whole = new URLSearchParams(form)
  whole.set('client_id', clientId)
  if (secret !== '') whole.set('client_secret', secret)
  return whole
}

/** Both parts are form-encoded first (RFC 6749 section 2.3.1). */
function basicAuthorization(clientId: string, secret: string): readonly string[] {
  const encoded = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)
  const pair = `${encoded(clientId)}:${encoded(secret)}`
  return ['Authorization', `Basic ${Buffer.from(pair).toString('base64')}`]
}

function isRefusal(reply: TokenReply): boolean {
  return Math.floor(reply.status / 100) !== 2 || fieldsOf(reply)?.error !== undefined
}

function tokenOf(reply: TokenReply, sentMs: number): Token {
  const fields = fieldsOf(reply)
  if (isRefusal(reply)) throw refused(refusalText(reply, fields))
  if (fields === undefined) throw refused('oauth2: cannot parse the reply of the token server')
  if (!fields.access_token) throw refused('oauth2: server response missing access_token')
  const seconds = Number(fields.expires_in ?? 0)
  const lifeMs = seconds > 0 ? seconds * 1_000 - limits.oauth2TokenReserveMs : Infinity
  return {
    value: `${schemeOf(fields.token_type ?? '')} ${fields.access_token}`,
    goodUntilMs: sentMs + lifeMs,
  }
}

type TokenFields = Readonly<Record<string, string | undefined>>

/** A JSON object, or url-encoded as some servers have it; undefined where it is neither. */
function fieldsOf({ contentType, text }: TokenReply): TokenFields | undefined {
  const type = contentType.replace(/;.*/s, '').trim().toLowerCase()
  if (type === 'application/x-www-form-urlencoded' || type === 'text/plain') {
    return Object.fromEntries(new URLSearchParams(text))
  }
  const value = parsed(text)
  if (typeof value !== 'object' || value === null) return undefined
  const known = Object.entries(value).filter(([, field]) =>
    /^(?:string|number)$/.test(typeof field),
  )
  return Object.fromEntries(known.map(([name, field]) => [name, String(field)]))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined
    throw thrown
  }
}

function refusalText(reply: TokenReply, fields: TokenFields | undefined): string {
  if (fields?.error === undefined) {
    const shown = reply.text.slice(0, shownTextMax)
    return `oauth2: cannot fetch token: ${reply.status} ${reply.statusText}\nResponse: ${shown}`
  }
  const { error, error_description: description, error_uri: uri } = fields
  const words = [error, description, uri].filter((word) => word !== undefined && word !== '')
  return `oauth2: ${words.map((word) => JSON.stringify(word)).join(' ')}`
}

/** Of what a token server says instead of a token. */
const shownTextMax = 1_000

function schemeOf(type: string): string {
  const known = { bearer: 'Bearer', mac: 'MAC', basic: 'Basic', '': 'Bearer' }
  return Object.entries(known).find(([name]) => name === type.toLowerCase())?.[1] ?? type
}

function refused(text: string): NarthexError {
  return new NarthexError('HTTP_REQUEST_FAILED', text)
}
