import type { AssetSource } from '../api/assets.ts'
import type { CrossOrigin } from '../api/cross-origin.ts'
import type { ExternalUrl } from '../api/external-url.ts'
import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import { AnchoredRegex, RegexError } from '../model/regex.ts'
import type { Flags } from './flags.ts'
import { contentTypeOfFile } from './web-assets.ts'

/** Where the server's paths begin, such as `/prometheus`; '' at the root (row F1.10). */
export function routePrefixOf(flags: Flags, externalUrl: ExternalUrl): string {
  const given = flags.text('web.route-prefix')
  const path = (given === '' ? externalUrl.path : given).replace(/^\/+|\/+$/g, '')
  return path === '' ? '' : `/${path}`
}

/** Undefined where --web.cors.origin is not given: then no page of another site reads anything. */
export function crossOriginOf(flags: Flags): CrossOrigin | undefined {
  if (!flags.isGiven('web.cors.origin')) return undefined
  const pattern = flags.text('web.cors.origin')
  try {
    return new AnchoredRegex(pattern)
  } catch (thrown) {
    if (!(thrown instanceof RegexError)) throw thrown
    throw new NarthexError('FLAG_INVALID', `flag --web.cors.origin: ${thrown.message}`)
  }
}

/** The files of --web.user-assets; undefined where it is not given. Read at every request. */
export function userAssetsOf(flags: Flags, fs: FileSystem): AssetSource | undefined {
  const folder = flags.text('web.user-assets')
  if (folder === '') return undefined
  return {
    get(path) {
      const parts = path.split('/')
      // Nothing above the folder, and nothing hidden.
      if (parts.some((part) => part === '' || part.startsWith('.') || /[\0\\]/.test(part))) {
        return undefined
      }
      const file = `${folder}/${path}`
      const stat = fs.stat(file)
      if (stat?.kind !== 'file' || stat.sizeBytes > limits.userAssetBytesMax) {
        return undefined
      }
      return { bytes: fs.readFile(file), contentType: contentTypeOfFile(path), immutable: false }
    },
  }
}
