import type { ExternalUrl } from './external-url.ts'

/** Where this server listens, and how others reach it (--web.external-url). */
export interface OwnAddress {
  readonly listenPort: number
  readonly externalUrl: ExternalUrl
}

const localUrl =
  /^(?<before>.*?)\/\/(?<user>[^/?#]*@)?(?:localhost|127\.0\.0\.1|\[::1\])(?::(?<port>\d*))?(?=[/?#]|$)/s

/**
 * The URL of a target as others reach it (row A3): one that is this server is told as the external
 * URL's scheme and host, another one on this machine with the external host and its own port. What is
 * not on this machine stays.
 */
export function globalUrl(text: string, { listenPort, externalUrl }: OwnAddress): string {
  return text.replace(localUrl, (...match) => {
    const { before = '', user = '', port = '' }: Partial<Record<string, string>> = match.at(-1)
    const { scheme, host } = externalUrl
    if (port === String(listenPort)) {
      const own = scheme === '' ? '' : `${scheme}:`
      return own + user + host === '' ? '' : `${own}//${user}${host}`
    }
    const hostname = host.replace(/:\d*$/, '')
    return `${before}//${user}${hostname}${port === '' ? '' : `:${port}`}`
  })
}
