import { spawn } from 'node:child_process'
import { join } from 'node:path'

export interface ProbeResult {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** Starts probe.ts; the function it answers ends it and tells what it saw. */
export function probeHealth(url: string): () => Promise<ProbeResult> {
  const script = join(import.meta.dirname, 'probe.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', script, url], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.on('data', (piece: Buffer) => {
    printed += piece.toString()
  })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
  })
  return async () => {
    child.stdin.end()
    await ended
    const result: ProbeResult = JSON.parse(printed)
    return result
  }
}
