import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ApiOptions } from './api-options.ts'
import type { Asset } from './assets.ts'
import { redirect } from './go-redirect.ts'

/** Routes of the browser: the page itself finds out which of its parts is meant. */
const pagePaths = [
  '/query',
  '/alerts',
  '/rules',
  '/targets',
  '/service-discovery',
  '/alertmanagers',
  '/alertmanager-discovery',
  '/status',
  '/tsdb-status',
  '/flags',
  '/config',
]

/** Only files of our own run or show. */
const contentPolicy =
  "default-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'self'"

/** The page and its files, from a fixed set. */
export function addPage(server: FastifyInstance, options: ApiOptions): void {
  for (const path of ['/', '/graph']) {
    server.get(path, (request, reply) => {
      const question = request.url.indexOf('?')
      // As upstream, which has the sign without a question too.
      const none = path === '/' ? '' : '?'
      const asked = question < 0 ? none : request.url.slice(question)
      return redirect(request, reply, `${options.externalPath}/query${asked}`, 302)
    })
  }
  for (const path of pagePaths) {
    server.get(path, (_request, reply) => file(options, reply, 'index.html'))
  }
  server.get('/assets/*', (request, reply) => file(options, reply, pathOf(request.url)))
  server.get('/user/*', (request, reply) => {
    const path = decodedPath(pathOf(request.url).slice('user/'.length))
    const isFolder = path === '' || path.endsWith('/')
    const asset = options.userAssets?.get(isFolder ? `${path}index.html` : path)
    if (asset !== undefined || isFolder) return sendFile(reply, asset)
    // As Go's file servers have it: links of a folder's page are relative to the folder.
    const isNamed = options.userAssets?.get(`${path}/index.html`) !== undefined
    const last = path.slice(path.lastIndexOf('/') + 1)
    return isNamed
      ? redirect(request, reply, `${encodeURIComponent(last)}/`, 301)
      : sendFile(reply, undefined)
  })
  for (const name of ['favicon.svg', 'favicon.ico']) {
    server.get(`/${name}`, (_request, reply) => file(options, reply, name))
  }
}

function pathOf(url: string): string {
  return (url.split('?')[0] ?? '').slice(1)
}

/** As it is where an escape in it is broken: no file is named so. */
function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch (thrown) {
    if (thrown instanceof URIError) return path
    throw thrown
  }
}

function file(options: ApiOptions, reply: FastifyReply, path: string): FastifyReply {
  return sendFile(reply, options.assets.get(path))
}

function sendFile(reply: FastifyReply, asset: Asset | undefined): FastifyReply {
  if (asset === undefined) {
    return reply.code(404).type('text/plain; charset=utf-8').send('404 page not found\n')
  }
  return reply
    .type(asset.contentType)
    .header('Content-Security-Policy', contentPolicy)
    .header('Cache-Control', asset.immutable ? 'public, max-age=31536000, immutable' : 'no-cache')
    .send(Buffer.from(asset.bytes.buffer, asset.bytes.byteOffset, asset.bytes.length))
}
