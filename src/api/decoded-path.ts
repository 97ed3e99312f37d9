/** A path of a URL as Go's servers route it; as it is written where its escapes are broken. */
export function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch (thrown) {
    if (thrown instanceof URIError) return path
    throw thrown
  }
}
