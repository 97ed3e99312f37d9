import type { Clock } from '../base/clock.ts'
import type { FileSystem } from '../base/file-system.ts'
import type { HttpClientConfig } from '../config/http-config.ts'
import { credentialHeaders } from './credentials.ts'
import { type AskForToken, TokenSource } from './oauth2.ts'
import { type Environment, type ProxyServer, proxyRule } from './proxy-rule.ts'
import { type TlsOptions, tlsFilesStamp, tlsOptions } from './tls-options.ts'

export interface ClientSettingsOptions {
  readonly config: HttpClientConfig
  readonly fs: FileSystem
  readonly clock: Clock
  readonly environment: Environment
  readonly ask: AskForToken
}

/** What all clients of one configuration have in common, such as the token that all of them use. */
export class ClientSettings {
  readonly config: HttpClientConfig
  /** The proxy that a URL is reached through; undefined for none. */
  readonly proxyFor: (url: URL) => ProxyServer | undefined
  readonly #fs: FileSystem
  readonly #fixedHeaders: () => readonly string[]
  readonly #tokens: TokenSource | undefined
  readonly #hasTlsFiles: boolean

  constructor(options: ClientSettingsOptions) {
    const { config, fs } = options
    const { caFile, certFile, keyFile } = config.tls
    this.config = config
    this.proxyFor = proxyRule(config.proxy, options.environment)
    this.#fs = fs
    this.#fixedHeaders = credentialHeaders(config, fs)
    this.#hasTlsFiles = caFile !== '' || certFile !== '' || keyFile !== ''
    if (config.oauth2 !== undefined) {
      this.#tokens = new TokenSource({ ...options, config: config.oauth2 })
    }
  }

  /**
   * Credentials and configured headers as name, value, name, value; a promise only while a token
   * has to be fetched. Throws NarthexError for what cannot be had.
   */
  headers(): readonly string[] | Promise<readonly string[]> {
    const fixed = this.#fixedHeaders()
    if (this.#tokens === undefined) return fixed
    const authorization = this.#tokens.authorization()
    return typeof authorization === 'string'
      ? ['Authorization', authorization, ...fixed]
      : authorization.then((value) => ['Authorization', value, ...fixed])
  }

  tls(): TlsOptions {
    return tlsOptions(this.config.tls, this.#fs)
  }

  /** Changes when one of the files for TLS does (row C9.5). */
  tlsStamp(): string {
    return this.#hasTlsFiles ? tlsFilesStamp(this.config.tls, this.#fs) : ''
  }
}
