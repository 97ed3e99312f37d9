import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { freePort } from './free-port.ts'
import { peer } from './peers.ts'
import { RealProcess } from './real-process.ts'

/** A real Prometheus over the folder `data` of a directory, ready; it ends with the test. */
export async function startPrometheus(
  directory: string,
  flags: readonly string[] = [],
  configText = '',
): Promise<RealProcess> {
  const config = join(directory, 'prometheus.yml')
  writeFileSync(config, configText)
  const listen = `127.0.0.1:${await freePort()}`
  const prometheus = new RealProcess(
    peer('prometheus'),
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=${listen}`,
      ...flags,
    ],
    `http://${listen}`,
  )
  onTestFinished(async () => {
    await prometheus.stop('SIGKILL')
  })
  await prometheus.ready('/-/ready')
  return prometheus
}
