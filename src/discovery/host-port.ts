/** An address as __address__ has it: IPv6 addresses stand in brackets. */
export function hostPort(host: string, port: number | string): string {
  return /[:%]/.test(host) ? `[${host}]:${port}` : `${host}:${port}`
}
