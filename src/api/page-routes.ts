import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ApiOptions } from './api-options.ts'

/** Routes of the browser: the page itself finds out which of its parts is meant. */
const pagePaths = ['/query', '/graph', '/targets', '/status', '/flags', '/config']

/** Only files of our own run or show. */
const contentPolicy =
  "default-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'self'"

/** The page and its files, from a fixed set. */
export function addPage(server: FastifyInstance, options: ApiOptions): void {
  server.get('/', (request, reply) => {
    const question = request.url.indexOf('?')
    return reply.redirect(`/query${question < 0 ? '' : request.url.slice(question)}`, 302)
  })
  for (const path of pagePaths) {
    server.get(path, (_request, reply) => file(options, reply, 'index.html'))
  }
  server.get('/assets/*', (request, reply) => file(options, reply, pathOf(request.url)))
  for (const name of ['favicon.svg', 'favicon.ico']) {
    server.get(`/${name}`, (_request, reply) => file(options, reply, name))
  }
}

function pathOf(url: string): string {
  return (url.split('?')[0] ?? '').slice(1)
}

function file(options: ApiOptions, reply: FastifyReply, path: string): FastifyReply {
  const asset = options.assets.get(path)
  if (asset === undefined) {
    return reply.code(404).type('text/plain; charset=utf-8').send('404 page not found\n')
  }
  return reply
    .type(asset.contentType)
    .header('Content-Security-Policy', contentPolicy)
    .header('Cache-Control', asset.immutable ? 'public, max-age=31536000, immutable' : 'no-cache')
    .send(Buffer.from(asset.bytes.buffer, asset.bytes.byteOffset, asset.bytes.length))
}
