import { existsSync, readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { raw } from '../support/api-client.ts'
import type { RealProcess } from '../support/real-process.ts'
import { sampleValue, seriesCount, timestampOf } from './written-samples.ts'

/**
 * Every acknowledged sample is there bit for bit; what else is there was sent; nothing stands
 * twice. A request that was sent but not answered may be there or not, sample by sample.
 */
export async function expectExactlyTheWritten(
  server: RealProcess,
  log: string,
  startMs: number,
): Promise<void> {
  const { sent, acknowledged } = readLog(log)
  if (sent.size === 0) return
  // The later of two steps may come first.
  const endSeconds = timestampOf(startMs, 0, Math.max(...sent) + 1) / 1000
  const series = await raw(server.url, 'written', '1d', endSeconds)
  const faults: string[] = []
  if (acknowledged.size > 0 && series.length !== seriesCount)
    faults.push(`${series.length} series of ${seriesCount}`)
  for (const { metric, values } of series) {
    const name = Number(metric.series)
    const stored = new Map(
      values.map(([seconds, value]) => [Math.round(seconds * 1000), Number(value)]),
    )
    if (stored.size !== values.length)
      faults.push(`series ${name}: ${values.length - stored.size} samples doubled`)
    for (const step of sent) {
      const timestampMs = timestampOf(startMs, name, step)
      const value = stored.get(timestampMs)
      stored.delete(timestampMs)
      if (value === undefined && acknowledged.has(step))
        faults.push(`series ${name}: step ${step} lost`)
      if (value !== undefined && !Object.is(value, sampleValue(name, step)))
        faults.push(`series ${name}: step ${step} is ${value}`)
    }
    if (stored.size > 0) faults.push(`series ${name}: ${stored.size} samples invented`)
  }
  expect(faults.slice(0, 10)).toEqual([])
}

interface Log {
  readonly sent: ReadonlySet<number>
  readonly acknowledged: ReadonlySet<number>
}

/** What the log of a writer process says; see writer-process.ts. */
export function readLog(log: string): Log {
  const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []
  const steps = (word: string) =>
    new Set(
      lines.filter((line) => line.startsWith(`${word} `)).map((line) => Number(line.split(' ')[1])),
    )
  return { sent: steps('sent'), acknowledged: steps('acknowledged') }
}

/** The step behind all that were ever sent. */
export function nextStep(log: string): number {
  const { sent } = readLog(log)
  return sent.size === 0 ? 0 : Math.max(...sent) + 1
}
