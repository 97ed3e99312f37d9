import type { ExternalUrl } from '../api/external-url.ts'
import { NarthexError } from '../base/errors.ts'
import { GoUrlError, parseGoUrl } from '../config/config-url.ts'
import { pathOfUrl } from '../model/url-path.ts'
import type { Flags } from './flags.ts'
import { parseListenAddress } from './listen-address.ts'

/**
 * --web.external-url as upstream reads it: a path alone is one, too; the host and the port that is
 * listened on where it is not given. Throws FLAG_INVALID.
 */
export function externalUrlOf(flags: Flags, hostname: string, port: number): ExternalUrl {
  const given = flags.text('web.external-url')
  const refuse = (why: string) =>
    new NarthexError('FLAG_INVALID', `flag --web.external-url: ${why}`)
  if (/^["']|["']$/.test(given)) throw refuse('URL must not begin or end with quotes')
  const text = given === '' ? `http://${hostname}:${port}/` : given
  try {
    const { scheme, host } = parseGoUrl(text)
    const written = pathOfUrl(text)
    const trimmed = written.replace(/\/+$/, '').replace(/[^!-~]+/g, encodeURIComponent)
    const path = trimmed === '' || trimmed.startsWith('/') ? trimmed : `/${trimmed}`
    const end = text.search(/[?#]|$/)
    const before = scheme + text.slice(scheme.length, end - written.length)
    return { text: before + path + text.slice(end), scheme, host, path }
  } catch (thrown) {
    if (!(thrown instanceof GoUrlError)) throw thrown
    throw refuse(thrown.message)
  }
}

/** The same as templates and alerts have it. */
export function externalUrlText(flags: Flags, hostname: string): string {
  const [first = ''] = flags.list('web.listen-address')
  return externalUrlOf(flags, hostname, parseListenAddress(first).port).text
}
