import { messageOf, NarthexError } from '../base/errors.ts'
import { hostPort } from '../discovery/host-port.ts'
import { isSystemError } from './system-error.ts'

interface Address {
  readonly host: string
  readonly port: number
}

/** Listens on one address of --web.listen-address, and returns the port. Throws ADDRESS_UNUSABLE. */
export async function listenOn(
  server: { listen(address: Address): Promise<number> },
  address: Address,
): Promise<number> {
  try {
    return await server.listen(address)
  } catch (thrown) {
    if (!isSystemError(thrown)) throw thrown
    const { host, port } = address
    const words = `cannot listen on ${hostPort(host, port)}: ${reasonOf(thrown, port)}`
    throw new NarthexError('ADDRESS_UNUSABLE', words, { cause: thrown })
  }
}

function reasonOf(thrown: Error, port: number): string {
  const code = 'code' in thrown ? thrown.code : ''
  if (code === 'EADDRINUSE') {
    return 'another process does already; give another address by --web.listen-address=HOST:PORT'
  }
  if (code === 'EADDRNOTAVAIL') return 'this machine has no such address'
  if (code === 'EACCES') return `permission denied${port < 1024 ? ', as for ports below 1024' : ''}`
  return messageOf(thrown)
}
