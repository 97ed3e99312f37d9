import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { nodeFlags, serverEnvironment } from '../../scripts/server-process.mjs'
import { freePort } from './free-port.ts'
import { RealProcess } from './real-process.ts'
import type { AtEnd } from './temporary-directory.ts'

const root = join(import.meta.dirname, '..', '..')

export interface BuiltServerOptions {
  /** Holds the configuration and the data. */
  readonly directory: string
  /** Text of the configuration file; by default it scrapes nothing. */
  readonly config?: string
  readonly flags?: readonly string[]
  readonly port?: number
  /** Besides what this process has; not of the single executable. */
  readonly environment?: Readonly<Record<string, string>>
  /** When it is killed; by default when the test has finished. */
  readonly atEnd?: AtEnd
}

/**
 * Starts the built server as `npm start` does and waits until it is ready. NARTHEX_BINARY names the
 * single executable to test instead; it is then started with an empty PATH, so that no Node helps.
 */
export async function startBuiltServer(options: BuiltServerOptions): Promise<RealProcess> {
  const config = join(options.directory, 'prometheus.yml')
  if (options.config !== undefined || !existsSync(config))
    writeFileSync(config, options.config ?? '')
  const port = options.port ?? (await freePort())
  const flags = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(options.directory, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    ...(options.flags ?? []),
  ]
  const binary = process.env.NARTHEX_BINARY
  const url = `http://127.0.0.1:${port}`
  const server =
    binary === undefined
      ? new RealProcess(
          process.execPath,
          [...nodeFlags, join(root, 'dist', 'narthex.cjs'), ...flags],
          url,
          serverEnvironment({ ...process.env, ...options.environment }),
        )
      : new RealProcess(binary, flags, url, { PATH: '/usr/bin:/bin' })
  const atEnd = options.atEnd ?? onTestFinished
  atEnd(async () => {
    await server.stop('SIGKILL')
  })
  await server.ready('/-/ready')
  return server
}
