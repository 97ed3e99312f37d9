import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import snappy from 'snappyjs'
import { describe, expect, it } from 'vitest'
import { WriteRequestV2Decoder } from '../../src/wire/write-request-v2.ts'
import { pageServer } from '../support/page-server.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { pushTool } from './tsdb-tool.ts'

const page = `# HELP h Of things.
# TYPE h histogram
h_bucket{le="0.5",job="x"} 1 1700000000000
h_bucket{le="1e6",job="x"} 2
h_sum{job="x"} 3
h_count{job="x"} 4
# TYPE s summary
s{quantile="0.99","é"="\\"1"} 1 1700000000001
s_sum{"é"="\\"1"} 2
s_count{"é"="\\"1"} 3
# TYPE c counter
c_total -1 1700000000002
# TYPE g gauge
g{a="1"} +Inf 1700000000003
u 5 1700000000004
`

interface Pushed {
  readonly path: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Takes what is pushed, and answers with these statuses first. */
async function receiver(...statuses: number[]) {
  const pushed: Pushed[] = []
  const { host } = await pageServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const body = Buffer.from(snappy.uncompress(Buffer.concat(pieces)))
      pushed.push({ path: request.url, headers: request.headers, body })
      response.statusCode = statuses.shift() ?? 204
      response.end(response.statusCode === 204 ? '' : 'words')
    })
  })
  return { url: `http://${host}`, pushed }
}

describe('push metrics', () => {
  it('sends version 2 where it is asked for: names, times, types and help of every series', async () => {
    const { url, pushed } = await receiver()
    const flags = [
      '--protobuf_message=io.prometheus.write.v2.Request',
      '--label=a=b',
      '--header=X-Y=z',
    ]
    expect(await pushTool([url, ...flags], page)).toEqual({
      code: 0,
      out: 'Parsing standard input\n  SUCCESS: metrics pushed to remote write.\n',
      err: '',
    })
    const [one] = pushed
    expect(one?.path).toBe('/api/v1/write')
    expect(one?.headers).toMatchObject({
      'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '2.0.0',
      'x-y': 'z',
    })
    const body = one?.body ?? Buffer.alloc(0)
    const columns = new WriteRequestV2Decoder().decode(body)
    const text = (symbol: number) =>
      body.subarray(columns.symbolStart[symbol], columns.symbolEnd[symbol]).toString()
    const series = Array.from({ length: columns.seriesCount }, (_, at) => [
      [...columns.refs.subarray(columns.refStart[at], columns.refStart[at + 1])]
        .map(text)
        .join(' '),
      columns.timestampsMs[at],
      columns.values[at],
      columns.metadataType[at],
      text(columns.helpRef[at] ?? 0),
    ])
    expect(series).toEqual([
      ['__name__ c_total a b', 1700000000002, -1, 0, ''],
      ['__name__ g a 1', 1700000000003, Number.POSITIVE_INFINITY, 2, ''],
      ['__name__ h_bucket a b exported_job x le 0.5', 1700000000000, 1, 3, 'Of things.'],
      ['__name__ h_bucket a b exported_job x le 1e+06', 1700000000000, 2, 3, 'Of things.'],
      ['__name__ h_bucket a b exported_job x le +Inf', 1700000000000, 4, 3, 'Of things.'],
      ['__name__ h_sum a b exported_job x', 1700000000000, 3, 3, 'Of things.'],
      ['__name__ h_count a b exported_job x', 1700000000000, 4, 3, 'Of things.'],
      ['__name__ s a b quantile 0.99 é "1', 1700000000001, 1, 5, ''],
      ['__name__ s_sum a b é "1', 1700000000001, 2, 5, ''],
      ['__name__ s_count a b é "1', 1700000000001, 3, 5, ''],
      ['__name__ u a b', 1700000000004, 5, 0, ''],
    ])
  })

  it('tries again where the server cannot now, and not where it will not', async () => {
    const slow = await receiver(503)
    expect((await pushTool([slow.url], page)).code).toBe(0)
    expect(slow.pushed.map(({ headers }) => headers['retry-attempt'])).toEqual([undefined, '1'])
    const { url } = await receiver(400)
    const { code, err } = await pushTool([url], page)
    expect([code, err]).toEqual([
      1,
      '  FAILED: server returned HTTP status 400 Bad Request: words\n',
    ])
  })

  it('goes on behind a file that is no page, and refuses other messages', async () => {
    const directory = temporaryDirectory()
    const [bad, good] = [join(directory, 'bad'), join(directory, 'good')]
    writeFileSync(bad, 'a b\n')
    writeFileSync(good, page)
    const { url, pushed } = await receiver()
    const { code, out, err } = await pushTool([`${url}/x/`, bad, good, '--remote-write.path=y'])
    expect([code, pushed.map(({ path }) => path)]).toEqual([1, ['/x/y']])
    expect(out).toContain(`  SUCCESS: metrics file ${good} pushed to remote write.\n`)
    expect(err).toBe(
      '  FAILED: text format parsing error in line 1: expected float as value, got "b"\n',
    )
    expect((await pushTool([url, '--protobuf_message=x'], page)).err).toContain(
      'invalid protobuf message "x"',
    )
  })

  it.skipIf(peersAreAbsent)('sends what promtool sends, byte for byte', async () => {
    const file = join(temporaryDirectory(), 'page')
    // Before 3.6 promtool adds no last bucket.
    writeFileSync(file, page.replace('h_sum', 'h_bucket{le="+Inf",job="x"} 4\nh_sum'))
    const { url, pushed } = await receiver()
    const flags = ['push', 'metrics', url, file, '--label=x=y', '--label=b=c']
    const ours = await pushTool(flags.slice(2))
    const out = await new Promise<string>((resolve) => {
      execFile(peer('promtool'), flags, (_failed, text) => resolve(text))
    })
    expect(ours.out).toBe(out)
    expect(pushed[0]?.body.toString('hex')).toBe(pushed[1]?.body.toString('hex'))
    expect(pushed[0]?.body.length).toBeGreaterThan(500)
  })
})
