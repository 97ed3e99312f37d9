import { createServer } from 'node:http'
import { type PageMode, renderPages, samplesPerPage } from './exporter-pages.ts'

/**
 * The scraped side, a process of its own so that its CPU is counted apart: every address
 * 127.0.x.y on one port answers the same pre-rendered page of the second. It notes when each
 * target was asked, and turns to 503 when told, so that what was stored can be counted.
 */
const mode = modeOf(process.env.BENCH_MODE)
const pages = renderPages(60, Number(process.env.BENCH_SEED ?? 1), mode)
const contentTypes: Readonly<Partial<Record<PageMode, string>>> = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  protobuf:
    'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited',
}
const contentType = contentTypes[mode] ?? 'text/plain; version=0.0.4; charset=utf-8'
const arrivals = new Map<string, number[]>()
let refusing = false

const server = createServer((request, response) => {
  if (request.url === '/stats') {
    response.end(
      JSON.stringify({ samplesPerPage, cpu: process.cpuUsage(), arrivals: [...arrivals] }),
    )
    return
  }
  if (request.url === '/refuse') {
    refusing = true
    response.end()
    return
  }
  if (refusing) {
    response.writeHead(503).end()
    return
  }
  const nowMs = Date.now()
  const host = request.headers.host ?? ''
  const list = arrivals.get(host)
  if (list === undefined) arrivals.set(host, [nowMs])
  else list.push(nowMs)
  const page = pages[Math.floor(nowMs / 1000) % pages.length]
  if (page === undefined) throw new Error('no pages')
  const gzip = String(request.headers['accept-encoding'] ?? '').includes('gzip')
  response.writeHead(200, {
    'Content-Type': contentType,
    ...(gzip ? { 'Content-Encoding': 'gzip' } : {}),
    'Content-Length': gzip ? page.gzip.length : page.text.length,
  })
  response.end(gzip ? page.gzip : page.text)
})
server.keepAliveTimeout = 60_000
server.listen(0, '0.0.0.0', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') process.stdout.write(`${address.port}\n`)
})

function modeOf(text: string | undefined): PageMode {
  return text === 'shuffled' || text === 'openmetrics' || text === 'protobuf' ? text : 'steady'
}
