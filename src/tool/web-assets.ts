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
}

/**
 * The page's files by path without a leading slash. The set is read once and fixed: a request
 * selects from it and never becomes a path of the file system.
 */
export function webAssets(files: BuiltFiles): AssetSource {
  const assets = new Map<string, ReturnType<AssetSource['get']>>()
  for (const name of files.names()) {
    if (!name.startsWith('web/')) continue
    const path = name.slice('web/'.length)
    const ending = path.slice(path.lastIndexOf('.') + 1)
    assets.set(path, {
      bytes: files.read(name),
      contentType: contentTypes[ending] ?? 'application/octet-stream',
      // Vite puts a hash of the content into the names below assets/.
      immutable: path.startsWith('assets/'),
    })
  }
  return { get: (path) => assets.get(path) }
}
