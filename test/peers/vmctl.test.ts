import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { api, instant } from '../support/api-client.ts'
import { startBuiltServer } from '../support/built-server.ts'
import { freePort } from '../support/free-port.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { RealProcess } from '../support/real-process.ts'
import { remoteWriteBody, remoteWriteHeaders } from '../support/remote-write-body.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'

const run = promisify(execFile)
const nowMs = Math.floor(Date.now() / 1_000) * 1_000
const seriesCount = 30
const stepCount = 200
const stepMs = 15_000
const startMs = nowMs - stepCount * stepMs

async function startVictoria(): Promise<RealProcess> {
  const listen = `127.0.0.1:${await freePort()}`
  const directory = join(temporaryDirectory(), 'data')
  const flags = [`-storageDataPath=${directory}`, `-httpListenAddr=${listen}`]
  const server = new RealProcess(
    peer('victoria-metrics'),
    [...flags, '-retentionPeriod=100y', '-search.latencyOffset=0s'],
    `http://${listen}`,
  )
  onTestFinished(async () => {
    await server.stop('SIGKILL')
  })
  await server.ready('/health')
  return server
}

async function startFilled() {
  const directory = temporaryDirectory()
  const flags = ['--web.enable-remote-write-receiver', '--web.enable-admin-api']
  const server = await startBuiltServer({ directory, flags })
  const timestampsMs = Array.from({ length: stepCount }, (_, step) => startMs + step * stepMs)
  const body = remoteWriteBody(
    Array.from({ length: seriesCount }, (_, index) => ({
      labels: [
        ['__name__', 'moved_total'],
        ['index', String(index)],
      ] as const,
      timestampsMs,
      values: Float64Array.from(timestampsMs, (_, step) => index + step * 0.25),
    })),
  )
  const headers = remoteWriteHeaders
  const { status } = await fetch(`${server.url}/api/v1/write`, { method: 'POST', body, headers })
  expect(status).toBe(204)
  return { server, directory }
}

const seconds = stepCount * 15 + 60

async function sumsOf(url: string, selector: string) {
  const query = `sum by (index) (sum_over_time(${selector}[${seconds}s]))`
  const found = await waitUntil(`${url} has ${selector}`, async () => {
    const answer = await instant(url, query, nowMs / 1_000)
    return answer.length === seriesCount ? answer : undefined
  })
  return found.map(({ metric, value }) => `${metric.index} ${value[1]}`).sort()
}

const time = (timeMs: number) => new Date(timeMs).toISOString()

describe.skipIf(peersAreAbsent)('vmctl', () => {
  it('moves all series out of us, by remote read of samples and of chunks, and by a snapshot', async () => {
    const { server, directory } = await startFilled()
    const victoria = await startVictoria()
    const read = (isStream: boolean) => [
      ...[
        'remote-read',
        `--remote-read-src-addr=${server.url}`,
        '--remote-read-step-interval=hour',
      ],
      `--remote-read-filter-time-start=${time(startMs)}`,
      `--remote-read-filter-time-end=${time(nowMs)}`,
      `--remote-read-use-stream=${isStream}`,
    ]
    const { name } = await api<{ readonly name: string }>(server.url, 'admin/tsdb/snapshot', {})
    const snapshot = join(directory, 'data', 'snapshots', name)
    const ways = {
      samples: read(false),
      chunks: read(true),
      snapshot: ['prometheus', `--prom-snapshot=${snapshot}`],
    }
    for (const [way, parameters] of Object.entries(ways)) {
      const into = [`--vm-addr=${victoria.url}`, `--vm-extra-label=way=${way}`]
      await run(peer('vmctl'), [...parameters, ...into, '--disable-progress-bar', '-s'])
    }
    await fetch(`${victoria.url}/internal/force_flush`)
    const sums = await sumsOf(server.url, 'moved_total')
    for (const way of Object.keys(ways)) {
      expect([way, await sumsOf(victoria.url, `moved_total{way="${way}"}`)]).toEqual([way, sums])
    }
  })
})
