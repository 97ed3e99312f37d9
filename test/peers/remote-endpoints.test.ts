import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { instant } from '../support/api-client.ts'
import { startBuiltServer } from '../support/built-server.ts'
import { freePort } from '../support/free-port.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { RealProcess } from '../support/real-process.ts'
import { startPrometheus } from '../support/real-prometheus.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'

const run = promisify(execFile)

function folder(parent: string, name: string): string {
  const path = join(parent, name)
  mkdirSync(path)
  return path
}

async function startNarthex(directory: string, config = ''): Promise<RealProcess> {
  return await startBuiltServer({
    directory: folder(directory, 'narthex'),
    config,
    flags: ['--web.enable-remote-write-receiver'],
  })
}

/** The values by the labels that are named, once there are at least so many. */
async function valuesBy(url: string, query: string, label: string, count: number) {
  const found = await waitUntil(`${query} has ${count} series`, async () => {
    const answer = await instant(url, query)
    return answer.length >= count ? answer : undefined
  })
  return Object.fromEntries(found.map(({ metric, value }) => [metric[label] ?? '', value[1]]))
}

/** What a page of Prometheus 3.5 has and ours has not, by the reason. */
const lacks: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^go_/, 'of Go’s runtime: nodejs_* tells what Node has of it'],
  [/^promhttp_|^process_network_/, 'of libraries of Go'],
  [
    /^prometheus_notifications_(dropped_total|queue_length)$/,
    'of one queue in 3.5; since then of each Alertmanager, and there is none',
  ],
  [/^prometheus_remote_(storage|read_client)_/, 'remote write and read of our own are not built'],
  [/^prometheus_sd_(kubernetes|linode)_|^prometheus_treecache_/, 'mechanisms that are not built'],
  [/^prometheus_target_scrape_pool_symboltable_items$/, 'series are kept as hashes, not as texts'],
  [/^prometheus_tsdb_checkpoint_deletions_/, 'checkpoints are removed with what replaces them'],
  [/^prometheus_tsdb_compaction(s_skipped|_chunk_)/, 'chunks are copied, not counted one by one'],
  [/^prometheus_tsdb_(head_active_appenders|isolation_)/, 'a commit is one step: nothing waits'],
  [/^prometheus_tsdb_head_series_not_found_total$/, 'ids of another epoch are never used'],
  [/^prometheus_tsdb_symbol_table_size_bytes$/, 'symbols of blocks are read from their files'],
  [/^prometheus_tsdb_wal_record_part/, 'a record is written in one piece'],
  [/^prometheus_tsdb_wal_record_bytes_saved_total$/, 'what compression saves is not counted'],
  [/^prometheus_wal_watcher_/, 'remote write of our own is not built'],
]

function namesOf(page: string): readonly string[] {
  return [...page.matchAll(/^# TYPE (\S+) /gm)].map(([, name = '']) => name)
}

describe.skipIf(peersAreAbsent)('a real Prometheus', () => {
  it('writes to us by both versions, reads from us, and federates from us', async () => {
    const directory = temporaryDirectory()
    const narthex = await startNarthex(
      directory,
      `
global: {scrape_interval: 500ms, external_labels: {from: narthex}}
scrape_configs:
- job_name: nobody
  static_configs: [{targets: ['127.0.0.1:9']}]
`,
    )
    const { host } = new URL(narthex.url)
    // What was federated has our external label already: sent back to us, it would be read twice.
    const writeTo = (sent: string, message: string) => `
- url: ${narthex.url}/api/v1/write
  protobuf_message: ${message}
  queue_config: {batch_send_deadline: 100ms}
  metadata_config: {send_interval: 1s}
  write_relabel_configs:
  - {source_labels: [from], regex: narthex, action: drop}
  - {target_label: sent, replacement: ${sent}}`
    const config = `
global: {scrape_interval: 500ms}
scrape_configs:
- job_name: narthex
  static_configs: [{targets: ['${host}']}]
- job_name: federate
  metrics_path: /federate
  honor_labels: true
  params: {'match[]': ['{sent="v2",__name__=~"up|process_.*"}']}
  static_configs: [{targets: ['${host}']}]
remote_write:${writeTo('v1', 'prometheus.WriteRequest')}${writeTo('v2', 'io.prometheus.write.v2.Request')}
remote_read:
- url: ${narthex.url}/api/v1/read
  read_recent: true
  required_matchers: {sent: v1}
`
    const prometheus = await startPrometheus(folder(directory, 'prometheus'), [], config)
    const up = 'up{job="narthex",sent!=""} == 1'
    expect(await valuesBy(narthex.url, up, 'sent', 2)).toEqual({ v1: '1', v2: '1' })
    // Only a remote read has what was sent by version 1, only a federation what was by version 2.
    const read = 'up{job="narthex",sent="v1"} == 1'
    expect(await valuesBy(prometheus.url, read, 'sent', 1)).toEqual({ v1: '1' })
    const federated = 'up{job="narthex",sent="v2",from="narthex"} == 1'
    expect(await valuesBy(prometheus.url, federated, 'sent', 1)).toEqual({ v2: '1' })
    const page = await (await fetch(`${prometheus.url}/metrics`)).text()
    const failed = page.match(/^prometheus_remote_storage_samples_failed_total\{.*\} (\S+)$/gm)
    expect(failed?.map((line) => line.split(' ').at(-1))).toEqual(['0', '0'])
    const ours = await (await fetch(`${narthex.url}/metrics`)).text()
    const known = new Set(namesOf(ours))
    const lacking = namesOf(page).filter((name) => !known.has(name))
    expect(lacking.filter((name) => !lacks.some(([pattern]) => pattern.test(name)))).toEqual([])
  })
})

describe.skipIf(peersAreAbsent)('VictoriaMetrics’ agent', () => {
  it('writes to us', async () => {
    const directory = temporaryDirectory()
    const narthex = await startNarthex(directory)
    const { host } = new URL(narthex.url)
    const scrape = join(folder(directory, 'agent'), 'scrape.yml')

    writeFileSync(
      scrape,
      `scrape_configs:\n- job_name: agent\n  scrape_interval: 1s\n  static_configs: [{targets: ['${host}']}]\n`,
    )
    const listen = `127.0.0.1:${await freePort()}`
    const agent = new RealProcess(
      peer('vmagent'),
      [
        `-promscrape.config=${scrape}`,
        `-remoteWrite.url=${narthex.url}/api/v1/write`,
        '-remoteWrite.forcePromProto',
        '-remoteWrite.flushInterval=200ms',
        `-remoteWrite.tmpDataPath=${join(directory, 'agent')}`,
        `-httpListenAddr=${listen}`,
      ],
      `http://${listen}`,
    )
    onTestFinished(async () => {
      await agent.stop('SIGKILL')
    })
    expect(await valuesBy(narthex.url, 'up{job="agent"} == 1', 'job', 1)).toEqual({ agent: '1' })
  })
})

describe.skipIf(peersAreAbsent)('promtool', () => {
  it('asks us, and pushes metrics to us', async () => {
    const narthex = await startNarthex(temporaryDirectory())
    const promtool = (...parameters: string[]) => run(peer('promtool'), parameters)

    const page = join(temporaryDirectory(), 'page.txt')
    writeFileSync(page, '# TYPE pushed gauge\npushed{a="b"} 42\n')
    await promtool('push', 'metrics', `${narthex.url}/api/v1/write`, page)
    const { stdout } = await promtool('query', 'instant', narthex.url, 'pushed')
    expect(stdout).toMatch(/^pushed\{a="b", job="promtool"\} => 42 @\[[\d.]+\]\n$/)
    const series = await promtool('query', 'series', '--match=pushed', narthex.url)
    expect(series.stdout).toBe('{__name__="pushed", a="b", job="promtool"}\n')
    const labels = await promtool('query', 'labels', narthex.url, 'a')
    expect(labels.stdout).toBe('b\n')
  })
})
