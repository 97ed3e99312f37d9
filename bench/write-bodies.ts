import { closeSync, fsyncSync, openSync, readSync, statSync, writeSync } from 'node:fs'
import type { Running } from './contestants.ts'

/** Remote-write bodies in one file, rendered before any server runs. */
export interface Bodies {
  readonly file: string
  readonly lengths: readonly number[]
}

export function storeBodies(file: string, rendered: Iterable<Uint8Array>): Bodies {
  const descriptor = openSync(file, 'w')
  const lengths: number[] = []
  for (const body of rendered) {
    writeSync(descriptor, body)
    lengths.push(body.length)
  }
  // Else the disk would have them to write while the first server is measured.
  fsyncSync(descriptor)
  closeSync(descriptor)
  console.log(`rendered ${lengths.length} bodies, ${Math.round(statSync(file).size / 2 ** 20)} MiB`)
  return { file, lengths }
}

/**
 * Sends them one after the other, and calls `after` with their number after each; throws for the
 * first that is refused.
 */
export async function sendBodies(
  running: Running,
  bodies: Bodies,
  after: (sent: number) => Promise<void> = async () => undefined,
): Promise<void> {
  const descriptor = openSync(bodies.file, 'r')
  for (const [index, length] of bodies.lengths.entries()) {
    const body = new Uint8Array(length)
    readSync(descriptor, body)
    await sendBody(running, body)
    await after(index + 1)
  }
  closeSync(descriptor)
}

/** Throws where it is refused. */
export async function sendBody(running: Running, body: Uint8Array): Promise<void> {
  const response = await fetch(`${running.url}${running.contestant.writePath}`, {
    method: 'POST',
    body,
    headers: {
      'Content-Type': 'application/x-protobuf',
      'Content-Encoding': 'snappy',
      'X-Prometheus-Remote-Write-Version': '0.1.0',
    },
  })
  const answer = await response.text()
  if (!response.ok)
    throw new Error(`${running.contestant.name} refused a body: ${response.status} ${answer}`)
}
