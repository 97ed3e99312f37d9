import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startBuiltServer } from '../support/built-server.ts'
import { freePort } from '../support/free-port.ts'
import { pageServer } from '../support/page-server.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { RealProcess } from '../support/real-process.ts'
import { remoteWriteHeaders } from '../support/remote-write-body.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'
import { exemplarWriteBody, type SeriesWithExemplars } from '../support/write-exemplars.ts'

const flags = ['--enable-feature=exemplar-storage', '--web.enable-remote-write-receiver']
const nowMs = Math.floor(Date.now() / 1_000) * 1_000 - 60_000

const queries: readonly string[] = [
  'query={__name__=~".%2B"}',
  'query=a',
  'query=rate(a[5m])%2Bb{x="1"}',
  'query=topk(scalar(a),b)',
  'query=sum(a{x=~"0|2"})by(x)',
  'query=a[5m:1m] offset 5m',
  'query=absent(c)',
  `query=a&start=${nowMs / 1000 - 20}&end=${nowMs / 1000 - 10.5}`,
  `query=a&end=${nowMs / 1000 - 1e5}`,
  'query=1',
  'query=a{',
  'query=',
  'query=a&start=x',
]

/** Requests with duplicates, exemplars out of order, too long ones, odd labels and values. */
function requests(): readonly (readonly SeriesWithExemplars[])[] {
  const values = [1, 0.1, -2.5e-9, 3e21, Number.NaN, Number.POSITIVE_INFINITY]
  return Array.from({ length: 30 }, (_, round) =>
    ['a', 'b'].flatMap((name) =>
      ['0', '1', '2'].map((x) => ({
        labels: { __name__: name, x },
        timestampMs: nowMs - 30_000 + round * 1_000,
        exemplars: Array.from({ length: (round * 7 + Number(x)) % 4 }, (_, index) => ({
          labels:
            (round + index) % 9 === 0
              ? { trace: 'ä'.repeat(round * 6) }
              : { trace_id: `id${(round + index) % 5}`, '<é>': '"\\\n', none: '' },
          value: values[(round + index) % values.length] ?? 0,
          timestampMs: nowMs - 30_000 + round * 1_000 + ((index * 5 + round) % 3) * 450 - 500,
        })),
      })),
    ),
  )
}

describe.skipIf(peersAreAbsent)('exemplars beside the real Prometheus', () => {
  it("that came by remote write are answered alike, also after kill -9, and from the other's directory", {
    timeout: 90_000,
  }, async () => {
    const directory = temporaryDirectory()
    const ourFolder = join(directory, 'data')
    const theirFolder = join(directory, 'theirs')
    let ours = await startOurs(directory, ourFolder)
    let theirs = await startTheirs(directory, theirFolder)
    for (const series of requests()) {
      for (const { url } of [ours, theirs]) await write(url, series)
    }
    const first = await answers(ours.url)
    expect(first).toEqual(await answers(theirs.url))
    expect(first[0]?.text).toContain('"value":"-2.5e-09"')
    await Promise.all([ours.stop('SIGKILL'), theirs.stop('SIGKILL')])
    ours = await startOurs(directory, ourFolder)
    theirs = await startTheirs(directory, theirFolder)
    expect(await answers(ours.url)).toEqual(await answers(theirs.url))
    await Promise.all([ours.stop('SIGKILL'), theirs.stop('SIGKILL')])
    ours = await startOurs(directory, theirFolder)
    theirs = await startTheirs(directory, ourFolder)
    const exchanged = await answers(ours.url)
    expect(exchanged).toEqual(await answers(theirs.url))
    expect(exchanged[0]?.text.length).toBeGreaterThan(1_000)
  })

  it('of a page are answered alike', { timeout: 60_000 }, async () => {
    const directory = temporaryDirectory()
    const seconds = nowMs / 1000
    const page = `# TYPE a counter
a_total{x="0"} 17 ${seconds} # {trace_id="KOO5S4vxi0o"} 0.67
a_total{x="1"} 17 ${seconds}.5 # {trace_id="oHg5SJ\\"YRHA0",span="é"} 9.8 ${seconds - 0.25}
a_total{x="2"} 5 ${seconds} # {} 1e-9 ${seconds}
a_total{x="3"} 5 ${seconds} # {t="${'x'.repeat(128)}"} 1
a_total{x="4"} 5 # {t="with the scrape"} 1 ${seconds}
# TYPE b histogram
b_bucket{le="1"} 1 ${seconds} # {t="1"} 0.5
b_bucket{le="+Inf"} 2 ${seconds} # {t="2"} 2.5 ${seconds - 1}.125
b_count 2 ${seconds}
b_sum 3 ${seconds}
# EOF
`
    const { host } = await pageServer((_request, response) => {
      response.setHeader('Content-Type', 'application/openmetrics-text; version=1.0.0')
      response.end(page)
    })
    const config = `scrape_configs:
  - { job_name: j, scrape_interval: 1s, static_configs: [{ targets: ['${host}'] }] }
`
    const ours = await startOurs(directory, join(directory, 'data'), config)
    const theirs = await startTheirs(directory, join(directory, 'theirs'), config)
    for (const { url } of [ours, theirs]) {
      await waitUntil('exemplars were scraped', async () => {
        const [first] = await answers(url)
        return first?.text.includes('KOO5S4vxi0o') === true ? true : undefined
      })
    }
    expect(await answers(ours.url)).toEqual(await answers(theirs.url))
  })
})

function startOurs(directory: string, folder: string, config = ''): Promise<RealProcess> {
  return startBuiltServer({ directory, config, flags: [...flags, `--storage.tsdb.path=${folder}`] })
}

async function startTheirs(directory: string, folder: string, config = ''): Promise<RealProcess> {
  const file = join(directory, 'theirs.yml')
  writeFileSync(file, config)
  const listen = `127.0.0.1:${await freePort()}`
  const all = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${folder}`,
    `--web.listen-address=${listen}`,
    ...flags,
  ]
  const prometheus = new RealProcess(peer('prometheus'), all, `http://${listen}`)
  onTestFinished(async () => {
    await prometheus.stop('SIGKILL')
  })
  await prometheus.ready('/-/ready')
  return prometheus
}

async function write(url: string, series: readonly SeriesWithExemplars[]): Promise<void> {
  const body = exemplarWriteBody(series)
  const init = { method: 'POST', body, headers: remoteWriteHeaders }
  expect((await fetch(`${url}/api/v1/write`, init)).status).toBe(204)
}

async function answers(url: string): Promise<readonly { status: number; text: string }[]> {
  return Promise.all(
    queries.map(async (query) => {
      const response = await fetch(`${url}/api/v1/query_exemplars?${query}`)
      return { status: response.status, text: await response.text() }
    }),
  )
}
