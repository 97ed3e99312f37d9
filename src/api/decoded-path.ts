/** As it is where an escape in it is broken: no file is named so. */
export function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch (thrown) {
    if (thrown instanceof URIError) return path
    throw thrown
  }
}
