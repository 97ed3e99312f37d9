import { NarthexError } from '../base/errors.ts'

/** `HOST:PORT`, `[IPV6]:PORT` or `:PORT` (every address). Throws FLAG_INVALID. */
export function parseListenAddress(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65_535) {
    const words = `flag --web.listen-address takes HOST:PORT, not ${JSON.stringify(text)}`
    throw new NarthexError('FLAG_INVALID', words)
  }
  const host = match[1] ?? match[2] ?? ''
  return { host: host === '' ? '::' : host, port }
}
