import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { readOnly } from '../../src/base/read-only-file-system.ts'
import { replayWal } from '../../src/tsdb/wal/replay.ts'
import { startBuiltServer } from '../support/built-server.ts'
import { freePort } from '../support/free-port.ts'
import { pageServer } from '../support/page-server.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { RealProcess } from '../support/real-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'
import { ContentHandler } from '../tsdb/wal/log-content.ts'

const feature = '--enable-feature=metadata-wal-records'

const page = (help: string) => `# HELP a ${help}
# TYPE a counter
# UNIT a seconds
a_total{x="0"} 17
a_total{x="1"} 17
# TYPE b_seconds histogram
# HELP b_seconds Hélp with "quotes" and \\\\ .
b_seconds_bucket{le="1"} 1
b_seconds_bucket{le="+Inf"} 2
b_seconds_count 2
b_seconds_sum 3
unrelated 5
# TYPE c info
c_info{v="1"} 1
# EOF
`

describe.skipIf(peersAreAbsent)('metadata of series beside the real Prometheus', () => {
  it("of a page that changes is the same in both logs, and each reads the other's", {
    timeout: 60_000,
  }, async () => {
    let text = page('First.').replace('# UNIT a seconds\n', '')
    const { host } = await pageServer((_request, response) => {
      response.setHeader('Content-Type', 'application/openmetrics-text; version=1.0.0')
      response.end(text)
    })
    const directory = temporaryDirectory()
    const config = `scrape_configs:
  - { job_name: j, scrape_interval: 1s, static_configs: [{ targets: ['${host}'] }] }
`
    const folders = { ours: join(directory, 'data'), theirs: join(directory, 'theirs') }
    const ours = await startOurs(directory, config)
    const theirs = await startTheirs(directory, folders.theirs, config)
    await written(folders, 'First.')
    text = text.replace('First.', 'Second.')
    await written(folders, 'Second.')
    await Promise.all([ours.stop('SIGKILL'), theirs.stop('SIGKILL')])
    const lines = metadataOf(folders.ours)
    expect(lines).toEqual(metadataOf(folders.theirs))
    expect(lines).toContain('a_total{x=1}: 1 ,Second.')
    expect(lines.filter((line) => line.startsWith('up'))).toHaveLength(1)
    const again = await startTheirs(directory, folders.ours, config)
    expect(again.said).not.toMatch(/Unknown series references|corruption/i)
  })
})

function startOurs(directory: string, config: string): Promise<RealProcess> {
  return startBuiltServer({ directory, config, flags: [feature] })
}

async function startTheirs(
  directory: string,
  folder: string,
  config: string,
): Promise<RealProcess> {
  const file = join(directory, 'theirs.yml')
  writeFileSync(file, config)
  const listen = `127.0.0.1:${await freePort()}`
  const flags = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${folder}`,
    `--web.listen-address=${listen}`,
    feature,
  ]
  const prometheus = new RealProcess(peer('prometheus'), flags, `http://${listen}`)
  onTestFinished(async () => {
    await prometheus.stop('SIGKILL')
  })
  await prometheus.ready('/-/ready')
  return prometheus
}

/** Until both logs have metadata with that help. */
async function written(folders: object, help: string): Promise<void> {
  for (const folder of Object.values(folders)) {
    await waitUntil(`${folder} has ${help}`, async () =>
      metadataOf(String(folder)).some((line) => line.includes(help)) ? true : undefined,
    )
  }
}

/** All metadata that a log ever had, as `series: type unit,help`, sorted. */
function metadataOf(folder: string): readonly string[] {
  const handler = new ContentHandler()
  const fileSystem = readOnly(nodeFileSystem)
  replayWal({ fileSystem, directory: join(folder, 'wal'), handler })
  const series = new Map<string, string>()
  const found = new Set<string>()
  for (const line of handler.lines) {
    const [kind, ref = '', ...rest] = line.split(' ')
    if (kind === 'series') series.set(ref, seriesText(rest.join(' ')))
    if (kind === 'metadata') found.add(`${series.get(ref)}: ${rest.join(' ')}`)
  }
  return [...found].sort()
}

/** Name and own label of a series, from `__name__,a_total,instance,...`. */
function seriesText(joined: string): string {
  const words = joined.split(',')
  const own = words.indexOf('x')
  const label = own < 0 ? '' : `{x=${words[own + 1]}}`
  return `${words[words.indexOf('__name__') + 1]}${label}`
}
