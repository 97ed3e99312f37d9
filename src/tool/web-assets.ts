import type { AssetSource } from '../api/assets.ts'
import type { BuiltFiles } from './built-files.ts'

const contentTypes: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  json: 'application/json',
  woff2: 'font/woff2',
  htm: 'text/html; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  xml: 'text/xml; charset=utf-8',
  avif: 'image/avif',
  gif: 'image/gif',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  webp: 'image/webp',
  pdf: 'application/pdf',
  wasm: 'application/wasm',
}

/** By the ending of its name. */
export function contentTypeOfFile(path: string): string {
  return contentTypes[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
}

/**
 * The page's files by path without a leading slash. The set is read once and fixed: a request
 * selects from it and never becomes a path of the file system.
 */
export function webAssets(files: BuiltFiles, title: string | undefined): AssetSource {
  const assets = new Map<string, ReturnType<AssetSource['get']>>()
  for (const name of files.names()) {
    if (!name.startsWith('web/')) continue
    const path = name.slice('web/'.length)
    assets.set(path, {
      bytes: path === 'index.html' ? titled(files.read(name), title) : files.read(name),
      contentType: contentTypeOfFile(path),
      // Vite puts a hash of the content into the names below assets/.
      immutable: path.startsWith('assets/'),
    })
  }
  return { get: (path) => assets.get(path) }
}

/** The page with another title (--web.page-title). */
function titled(page: Uint8Array, title: string | undefined): Uint8Array {
  if (title === undefined) return page
  const escaped = title.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
  const text = new TextDecoder().decode(page)
  return new TextEncoder().encode(text.replace(/<title>[^<]*/, () => `<title>${escaped}`))
}
