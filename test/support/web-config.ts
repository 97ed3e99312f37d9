import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hashSync } from 'bcryptjs'
import { onTestFinished } from 'vitest'
import type { ApiOptions } from '../../src/api/api-options.ts'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { type Logger, silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { openWebConfig } from '../../src/tool/web-security.ts'
import { type ListeningApi, startApi } from './api-server.ts'
import { bundledWorker } from './bundled-worker.ts'
import { certificateFile } from './certificate.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** Of the lowest cost: a comparison takes a millisecond. */
export const users = `basic_auth_users:
  alice: ${hashSync('wonderland', 4).replace('$2b', '$2y')}
  bob: ${hashSync('the builder', 4)}
`

/** The header of a login. */
export function login(name: string, password: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` }
}

export interface SecuredApi extends ListeningApi {
  readonly directory: string
  /** Writes another web configuration file. */
  write(text: string): void
}

/** A server with such a --web.config.file; its folder holds the certificates of the tests. */
export async function startSecured(
  text: string,
  changes: Partial<ApiOptions> & { readonly clock?: Clock } = {},
  logger: Logger = silentLogger,
): Promise<SecuredApi> {
  const directory = certificateFolder()
  const path = join(directory, 'web.yml')
  const write = (changed: string) => writeFileSync(path, changed)
  write(text)
  const code = await bundledWorker('password')
  const security = openWebConfig(path, {
    fs: nodeFileSystem,
    clock: changes.clock ?? systemClock,
    logger,
    passwordSource: () => code,
  })
  onTestFinished(() => security.close())
  return { ...(await startApi({ ...changes, security })), directory, write }
}

/** A folder of its own with the tests' certificates. */
export function certificateFolder(): string {
  const directory = temporaryDirectory()
  const names = ['server.pem', 'server.key', 'client-one.pem', 'client-one.key']
  for (const name of [...names, 'authority.pem', 'stranger.pem']) {
    copyFileSync(certificateFile(name), join(directory, name))
  }
  return directory
}
