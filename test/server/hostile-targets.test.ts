import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { usageOf } from '../../bench/process-usage.ts'
import { startBuiltServer } from '../support/built-server.ts'
import { pageServer } from '../support/page-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'

const healthyCount = 20
const scrapes = 2
const mebibyte = 1 << 20

/** A gigabyte of empty lines in some mebibytes: members of gzip one after the other. */
const bomb = Buffer.concat(Array.from({ length: 16 }, zeros()))

function zeros(): () => Buffer {
  const member = gzipSync(Buffer.alloc(64 * mebibyte, '\n'), { level: 1 })
  return () => member
}

function pour(response: ServerResponse, bytes: number, piece: Buffer): void {
  let left = bytes
  const more = () => {
    while (left > 0 && !response.destroyed) {
      left -= piece.length
      if (!response.write(piece)) {
        response.once('drain', more)
        return
      }
    }
    if (!response.destroyed) response.end('"} 1\n')
  }
  more()
}

const text = { 'content-type': 'text/plain; version=0.0.4' }
const piece = Buffer.alloc(64 * 1024, 'x')
const lines = Buffer.alloc(64 * 1024, 'x 1\n')

/** By path: what a target does to whoever scrapes it. */
const targets: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/healthy': (response) => response.writeHead(200, text).end('a 1\n'),
  '/endless': (response) => pour(response.writeHead(200, text), Infinity, lines),
  '/bomb': (response) => response.writeHead(200, { ...text, 'content-encoding': 'gzip' }).end(bomb),
  '/line': (response) => {
    response.writeHead(200, text).write('a{b="')
    pour(response, 100 * mebibyte, piece)
  },
  '/trickle': (response) => response.writeHead(200, text).write('a'),
  '/reset': (response) => {
    response.writeHead(200, text).write('a 1\n')
    setImmediate(() => response.destroy())
  },
  '/html': (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
}

function jobs(host: string): string {
  const job = (path: string) => {
    const limit = path === '/endless' || path === '/bomb' ? '\n    body_size_limit: 20MB' : ''
    const count = path === '/healthy' ? healthyCount : 1
    const groups = Array.from(
      { length: count },
      (_, index) => `{ targets: ['${host}'], labels: { __param_n: '${index}', n: '${index}' } }`,
    )
    return `  - job_name: '${path}'
    metrics_path: ${path}${limit}
    static_configs: [${groups.join(', ')}]`
  }
  return `global: { scrape_interval: 3s, scrape_timeout: 2500ms }
scrape_configs:
${Object.keys(targets).map(job).join('\n')}
`
}

interface Vector {
  readonly data: {
    readonly result: readonly {
      readonly metric: { readonly job: string }
      readonly value: readonly [number, string]
    }[]
  }
}

interface Targets {
  readonly data: {
    readonly activeTargets: readonly { readonly scrapePool: string; readonly lastError: string }[]
  }
}

describe('hostile targets', () => {
  it('fail with their reason, cost bounded memory, and leave those beside them alone', async () => {
    const server = await pageServer((request, response) =>
      targets[(request.url ?? '').split('?')[0] ?? '']?.(response),
    )
    const narthex = await startBuiltServer({
      directory: temporaryDirectory(),
      config: jobs(server.host),
    })
    const idleBytes = usageOf(narthex.pid).residentBytes
    const ask = async (query: string): Promise<ReadonlyMap<string, number>> => {
      const url = `${narthex.url}/api/v1/query?query=${encodeURIComponent(query)}`
      const { data }: Vector = JSON.parse(await (await fetch(url)).text())
      return new Map(data.result.map(({ metric, value }) => [metric.job, Number(value[1])]))
    }
    const isScraped = async () => {
      const counts = await ask('min by (job) (count_over_time(up[1m]))')
      const isDone = counts.size === 7 && [...counts.values()].every((count) => count >= scrapes)
      return isDone || undefined
    }
    await waitUntil('all targets were scraped', isScraped, 90_000)
    const good = await ask('max by (job) (max_over_time(up[1m]))')
    expect([...good.entries()].filter(([, up]) => up === 1)).toEqual([['/healthy', 1]])
    // Not all of them: this process serves both kinds, and shares its machine with other tests.
    const shares = await ask('avg by (job) (avg_over_time(up[1m]))')
    expect(shares.get('/healthy')).toBeGreaterThan(0.9)
    const { data }: Targets = JSON.parse(
      await (await fetch(`${narthex.url}/api/v1/targets`)).text(),
    )
    const faults = new Map(
      data.activeTargets.map(({ scrapePool, lastError }) => [scrapePool, lastError]),
    )
    expect(faults.get('/endless')).toBe('body size limit exceeded')
    expect(faults.get('/bomb')).toBe('body size limit exceeded')
    expect(faults.get('/line')).toContain('a line has more than 16777216 bytes')
    expect(faults.get('/trickle')).toContain('context deadline exceeded')
    expect(faults.get('/html')).toContain('received unsupported Content-Type "text/html"')
    expect(faults.get('/reset')).not.toBe('')
    const grown = usageOf(narthex.pid).peakResidentBytes - idleBytes
    // Two bodies are cut at 20 MB each, the line at 16 MiB.
    expect(grown / mebibyte).toBeLessThan(160)
  })
})
