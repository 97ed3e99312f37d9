/** A path as Go's net/url writes it into a URL: escaped, from a slash on; '' stays ''. */
export function urlPath(path: string): string {
  const encoded = encodeURI(path).replace(
    /[?#!*'()]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return encoded === '' || encoded.startsWith('/') ? encoded : `/${encoded}`
}
