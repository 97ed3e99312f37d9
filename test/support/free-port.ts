import { createServer } from 'node:net'

/**
 * Below the ports that a system gives to connections and to who listens on port 0 (Linux: from 32768 on):
 * what is free here stays so until its asker listens, whatever else connects meanwhile.
 */
const portsFrom = 20_000
const portsEach = 4_000

/** Test files run beside each other, each worker has ports of its own. */
const first = portsFrom + portsEach * (Number(process.env.VITEST_POOL_ID ?? 0) % 3)
let next = Math.floor(Math.random() * portsEach)

/** A port of 127.0.0.1 that nobody listens on, and that none of our tests is given again for a long time. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < portsEach; tries++) {
    const port = first + next
    next = (next + 1) % portsEach
    if (await isFree(port)) return port
  }
  throw new Error(`no free port in ${first} to ${first + portsEach - 1}`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false)
      else reject(error)
    })
    server.listen(port, '127.0.0.1', () => {
      server.close(() => resolve(true))
    })
  })
}
