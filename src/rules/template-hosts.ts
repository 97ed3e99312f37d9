/** Go's net.SplitHostPort; undefined where it finds an error. */
export function splitHostPort(text: string): { host: string; port: string } | undefined {
  const colon = text.lastIndexOf(':')
  if (colon < 0) return undefined
  const port = text.slice(colon + 1)
  if (text.startsWith('[')) {
    const close = text.indexOf(']')
    if (close < 0 || close + 1 !== colon) return undefined
    const host = text.slice(1, close)
    return /[[\]]/.test(host + port) ? undefined : { host, port }
  }
  const host = text.slice(0, colon)
  return /[:[\]]/.test(host) || /[[\]]/.test(port) ? undefined : { host, port }
}

export function joinHostPort(host: string, port: string): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Go's net.ParseIP finds an address: no zone, no leading zeros. */
export function isIpAddress(text: string): boolean {
  if (text.includes(':')) return URL.canParse(`http://[${text}]`)
  return ipv4.test(text)
}

const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/
