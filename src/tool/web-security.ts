import { Logins } from '../api/logins.ts'
import { TokenBucket } from '../api/token-bucket.ts'
import type { WebSecurity } from '../api/web-guard.ts'
import { type Clock, systemClock } from '../base/clock.ts'
import { messageOf, NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import type { Logger } from '../base/logger.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import type { WebConfig } from '../config/web-config.ts'
import { WebConfigFile } from '../config/web-config-file.ts'
import type { WebTlsConfig } from '../config/web-tls.ts'
import { ServedCertificates, type ServedTls } from '../http/served-tls.ts'
import { plainListener, secureListener } from '../http/web-listener.ts'
import { PasswordThread } from '../workers/password-thread.ts'
import { builtFiles } from './built-files.ts'
import type { Flags } from './flags.ts'
import { passwordSource } from './worker-source.ts'

interface Tools {
  readonly fs: FileSystem
  readonly clock: Clock
  readonly logger: Logger
  /** The code of the thread that compares passwords. */
  readonly passwordSource: () => string
}

/** The guard of a server with a --web.config.file; close() ends its thread. */
export interface OpenWebSecurity extends WebSecurity {
  close(): Promise<void>
}

/**
 * Undefined where the flag is not given. Throws SETTING_INVALID for a file that is wrong, or that
 * names certificates which are.
 */
export function openWebSecurity(flags: Flags, logger: Logger): OpenWebSecurity | undefined {
  const path = flags.text('web.config.file')
  if (path === '') return undefined
  return openWebConfig(path, {
    fs: nodeFileSystem,
    clock: systemClock,
    logger: logger.with({ component: 'web' }),
    passwordSource: () => passwordSource(builtFiles(nodeFileSystem)),
  })
}

/** The same for a file, with other tools. */
export function openWebConfig(path: string, tools: Tools): OpenWebSecurity {
  try {
    return new FileSecurity(path, tools)
  } catch (thrown) {
    if (!(thrown instanceof NarthexError)) throw thrown
    const words = `web configuration file ${path}: ${thrown.message}`
    throw new NarthexError('SETTING_INVALID', words, { cause: thrown })
  }
}

class FileSecurity implements OpenWebSecurity {
  readonly logins: Logins
  readonly bucket: TokenBucket
  readonly #file: WebConfigFile
  readonly #logger: Logger
  readonly #passwords: PasswordThread
  readonly #certificates: ServedCertificates | undefined
  readonly #http2: boolean
  #told = ''

  constructor(path: string, { fs, clock, logger, passwordSource }: Tools) {
    this.#file = new WebConfigFile(path, { fs, clock })
    this.#logger = logger
    this.#passwords = new PasswordThread(passwordSource)
    this.logins = new Logins((password, hash) => this.#passwords.compare(password, hash))
    this.bucket = new TokenBucket(clock)
    const { tls, http2 } = this.#file.current()
    this.#http2 = http2
    if (tls !== undefined) {
      if (http2) demandCipherOfHttp2(tls)
      const warn = (err: string) => logger.warn('Certificates are not taken', { file: path, err })
      this.#certificates = new ServedCertificates(tls, { fs, clock, warn })
    }
    logger.info(tls === undefined ? 'TLS is disabled.' : 'TLS is enabled.', {
      http2: tls !== undefined && http2,
    })
  }

  settings(): WebConfig {
    try {
      const settings = this.#file.current()
      this.#told = ''
      return settings
    } catch (thrown) {
      this.#tell(messageOf(thrown))
      throw thrown
    }
  }

  listener(...[listener, bounds]: Parameters<WebSecurity['listener']>) {
    const certificates = this.#certificates
    if (certificates === undefined) return plainListener(listener, bounds)
    return secureListener(listener, bounds, {
      current: () => this.#servedBy(certificates),
      http2: this.#http2,
      refused: (why) => this.#logger.debug('Connection is refused', { why }),
    })
  }

  #servedBy(certificates: ServedCertificates): ServedTls {
    const { tls } = this.settings()
    if (tls === undefined) {
      this.#tell('TLS config is not present')
      throw new NarthexError('CONFIG_INVALID', 'TLS config is not present')
    }
    try {
      return certificates.current(tls)
    } catch (thrown) {
      this.#tell(messageOf(thrown))
      throw thrown
    }
  }

  /** Once, however many ask meanwhile. */
  #tell(err: string): void {
    if (err === this.#told) return
    this.#told = err
    this.#logger.error('Unable to parse configuration: nobody is answered', {
      file: this.#file.path,
      err,
    })
  }

  async close(): Promise<void> {
    await this.#passwords.close()
  }
}

const http2Ciphers = ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256']

/** As Go demands at start (RFC 9113 section 9.2.2). */
function demandCipherOfHttp2({ ciphers, minVersion }: WebTlsConfig): void {
  if (ciphers === undefined || minVersion === 'TLS13') return
  if (http2Ciphers.some((name) => ciphers.includes(name))) return
  throw new NarthexError(
    'CONFIG_INVALID',
    'http2: TLSConfig.CipherSuites is missing an HTTP/2-required AES_128_GCM_SHA256 cipher (need at least one of TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 or TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)',
  )
}
