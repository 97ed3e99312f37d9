const parts = /^(?:(?<scheme>[A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/[^/?#]*)?(?<path>[^?#]*)/

/** The path in a URL as it is written; '' of one that is a scheme and no path. */
export function pathOfUrl(url: string): string {
  const { scheme, path = '' }: Partial<Record<string, string>> = parts.exec(url)?.groups ?? {}
  return scheme === undefined || path.startsWith('/') ? path : ''
}

/** A path as Go's net/url writes it into a URL: escaped, from a slash on; '' stays ''. */
export function urlPath(path: string): string {
  if (path === '*') return '/*'
  const encoded = encodeURI(path).replace(
    /[?#!*'()]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return encoded === '' || encoded.startsWith('/') ? encoded : `/${encoded}`
}
