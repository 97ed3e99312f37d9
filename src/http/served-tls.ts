import type { SecureContextOptions } from 'node:tls'
import type { Clock } from '../base/clock.ts'
import { messageOf, NarthexError } from '../base/errors.ts'
import { filesStamp } from '../base/file-stamp.ts'
import type { FileSystem } from '../base/file-system.ts'
import { openFault } from '../config/open-fault.ts'
import { type ClientAuth, clientAuthOf, type WebTlsConfig } from '../config/web-tls.ts'
import { demandKeyPair, pemBlocks } from './key-pair.ts'
import { nodeVersions } from './tls-options.ts'

/** What a TLS server serves: files read, and who may connect. */
export interface ServedTls {
  readonly context: SecureContextOptions
  readonly clientAuth: ClientAuth
  readonly allowedSans: readonly string[] | undefined
}

/**
 * Reads and checks the files of a tls_server_config (rows F8.1 and F8.2). Throws NarthexError
 * CONFIG_INVALID in upstream's words.
 */
export function loadServedTls(tls: WebTlsConfig, fs: FileSystem): ServedTls {
  const cert = read(fs, 'cert_file', tls.certFile) ?? tls.cert
  const key = read(fs, 'key_file', tls.keyFile) ?? tls.key?.reveal() ?? ''
  demandKeyPair(cert, key)
  const ca = read(fs, undefined, tls.clientCaFile) ?? tls.clientCa
  const clientAuth = clientAuthOf(tls)
  // OpenSSL would then trust the authorities of the web.
  if ((tls.clientCaFile !== '' || ca !== '') && !pemBlocks(ca).some(isCertificate)) {
    throw new NarthexError('CONFIG_INVALID', 'client CA has no certificate')
  }
  const { minVersion, maxVersion, ciphers, curves } = tls
  return {
    clientAuth,
    allowedSans: tls.clientAllowedSans,
    context: {
      cert,
      key,
      ...(ca === '' ? {} : { ca }),
      minVersion: nodeVersions[minVersion],
      maxVersion: nodeVersions[maxVersion],
      ...cipherOptions(ciphers, minVersion < 'TLS12'),
      honorCipherOrder: tls.prefersServerCiphers,
      ...(curves === undefined ? {} : { ecdhCurve: curves.join(':') }),
    },
  }
}

function isCertificate({ type }: { readonly type: string }): boolean {
  return type === 'CERTIFICATE'
}

/** Those of TLS 1.3 are always there: the file's list is of the versions before. */
const newCiphers = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256'

function cipherOptions(ciphers: readonly string[] | undefined, isOld: boolean) {
  // OpenSSL's own default forbids what TLS 1.0 and 1.1 are made of.
  const old = isOld ? ['@SECLEVEL=0'] : []
  if (ciphers === undefined) return isOld ? { ciphers: 'DEFAULT:@SECLEVEL=0' } : {}
  const before = ciphers.filter((name) => !name.startsWith('TLS_'))
  return { ciphers: [newCiphers, ...before, ...old].join(':') }
}

function read(fs: FileSystem, key: string | undefined, path: string): string | undefined {
  if (path === '') return undefined
  try {
    return new TextDecoder().decode(fs.readFile(path))
  } catch (thrown) {
    const fault = openFault(thrown, path)
    const words = key === undefined ? fault : `failed to read ${key} (${path}): ${fault}`
    throw new NarthexError('CONFIG_INVALID', words, { cause: thrown })
  }
}

/** The certificates of a running server, read again when their files change (row F8.5). */
export class ServedCertificates {
  readonly #tools: {
    readonly fs: FileSystem
    readonly clock: Clock
    readonly warn: (message: string) => void
  }
  #config: WebTlsConfig
  #stamp: string
  #served: ServedTls
  #warned = ''

  /** Throws as loadServedTls does. */
  constructor(
    config: WebTlsConfig,
    tools: {
      readonly fs: FileSystem
      readonly clock: Clock
      readonly warn: (message: string) => void
    },
  ) {
    this.#tools = tools
    this.#config = config
    this.#stamp = this.#stampOf(config)
    this.#served = loadServedTls(config, tools.fs)
  }

  /**
   * What is served now, the same object until it changes. Files that do not go together, as while
   * one of the two is written, leave the last good ones where they are; another configuration with
   * such files throws.
   */
  current(config: WebTlsConfig): ServedTls {
    const stamp = this.#stampOf(config)
    if (stamp === this.#stamp && config === this.#config) return this.#served
    try {
      const served = loadServedTls(config, this.#tools.fs)
      if (!isSame(served, this.#served)) this.#served = served
      this.#warned = ''
      this.#stamp = stamp
      this.#config = config
    } catch (thrown) {
      if (config !== this.#config || !(thrown instanceof NarthexError)) throw thrown
      const message = messageOf(thrown)
      if (message !== this.#warned) this.#tools.warn(message)
      this.#warned = message
    }
    return this.#served
  }

  #stampOf({ certFile, keyFile, clientCaFile }: WebTlsConfig): string {
    const files = [certFile, keyFile, clientCaFile].filter((file) => file !== '')
    return filesStamp(files, this.#tools.fs, this.#tools.clock.wallMs())
  }
}

function isSame(a: ServedTls, b: ServedTls): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
