import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { freePort } from './free-port.ts'
import { peer } from './peers.ts'
import { RealProcess } from './real-process.ts'

/** A real Alertmanager that groups by alertname and tells nobody; it ends with the test. */
export async function startAlertmanager(directory: string): Promise<RealProcess> {
  const config = join(directory, 'alertmanager.yml')
  writeFileSync(
    config,
    'route:\n  receiver: nobody\n  group_by: [alertname]\nreceivers:\n- name: nobody\n',
  )
  const listen = `127.0.0.1:${await freePort()}`
  const alertmanager = new RealProcess(
    unpackedAlertmanager(directory),
    [
      `--config.file=${config}`,
      `--storage.path=${join(directory, 'alertmanager')}`,
      `--web.listen-address=${listen}`,
      '--cluster.listen-address=',
    ],
    `http://${listen}`,
  )
  onTestFinished(async () => {
    await alertmanager.stop('SIGKILL')
  })
  await alertmanager.ready('/-/ready')
  return alertmanager
}

const installedFolder = '/usr/share/prometheus/alertmanager'

/**
 * Debian's build reads its template from where the package is installed, and ours is only unpacked:
 * a copy of the program looks for it in our folder, by a path of the same length.
 */
function unpackedAlertmanager(directory: string): string {
  const original = realpathSync(peer('alertmanager'))
  const program = readFileSync(original)
  const missing = installedFolder.length - directory.length
  if (missing < 0) throw new Error(`${directory} is too long a path`)
  for (let at = 0; ; at += installedFolder.length) {
    at = program.indexOf(installedFolder, at)
    if (at < 0) break
    program.write('/'.repeat(missing) + directory, at, 'latin1')
  }
  const root = dirname(dirname(dirname(original)))
  cpSync(join(root, installedFolder), directory, { recursive: true })
  const copy = join(directory, 'alertmanager-program')
  writeFileSync(copy, program, { mode: 0o755 })
  return copy
}

interface SeenAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly generatorURL: string
}

/** The active alerts as amtool sees them. */
export function seenByAmtool(alertmanager: RealProcess): readonly SeenAlert[] {
  const parameters = ['alert', 'query', '-o', 'json', `--alertmanager.url=${alertmanager.url}`]
  return JSON.parse(execFileSync(peer('amtool'), parameters).toString())
}
