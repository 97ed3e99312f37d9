import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ApiOptions } from './api-options.ts'
import type { Asset, AssetSource } from './assets.ts'
import { decodedPath } from './decoded-path.ts'
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
      // As upstream: only the old address keeps what it was asked, and the sign without a question.
      const asked = path === '/' ? '' : question < 0 ? '?' : request.url.slice(question)
      return redirect(request, reply, `${options.externalPath}/query${asked}`, 302)
    })
  }
  for (const path of pagePaths) {
    server.get(path, (_request, reply) => {
      const page = options.assets.get('index.html')
      return sendFile(reply, page === undefined ? page : withConsolesLink(page, options))
    })
  }
  server.get('/assets/*', (request, reply) => file(options, reply, pathOf(request.url)))
  const { userAssets } = options
  if (userAssets !== undefined) addUserAssets(server, userAssets)
  for (const name of ['favicon.svg', 'favicon.ico']) {
    server.get(`/${name}`, (_request, reply) => file(options, reply, name))
  }
}

/** The page with the way to the consoles, or to the user's own files, where these have a first page. */
function withConsolesLink(page: Asset, options: ApiOptions): Asset {
  const link = options.consoles().has('index.html')
    ? '/consoles/index.html'
    : options.userAssets?.get('index.html') && '/user/index.html'
  if (link === undefined) return page
  const content = escapedAttribute(options.externalPath + link)
  const text = new TextDecoder()
    .decode(page.bytes)
    .replace(/(<meta name="consoles-link" content=")(?=")/, (meta) => meta + content)
  return { ...page, bytes: new TextEncoder().encode(text) }
}

function escapedAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
}

/** Files of --web.user-assets; without the flag their paths have no route. */
function addUserAssets(server: FastifyInstance, assets: AssetSource): void {
  server.get('/user/*', (request, reply) => {
    const path = decodedPath(pathOf(request.url).slice('user/'.length))
    const isFolder = path === '' || path.endsWith('/')
    const asset = assets.get(isFolder ? `${path}index.html` : path)
    if (asset !== undefined || isFolder) return sendFile(reply, asset)
    // As Go's file servers have it: links of a folder's page are relative to the folder.
    const isNamed = assets.get(`${path}/index.html`) !== undefined
    const last = path.slice(path.lastIndexOf('/') + 1)
    return isNamed
      ? redirect(request, reply, `${encodeURIComponent(last)}/`, 301)
      : sendFile(reply, undefined)
  })
}

function pathOf(url: string): string {
  return (url.split('?')[0] ?? '').slice(1)
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
