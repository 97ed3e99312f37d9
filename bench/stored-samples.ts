import { setTimeout as wait } from 'node:timers/promises'
import type { Running } from './contestants.ts'
import { ask, parseAnswer } from './query-client.ts'

/** How long a server may take to show what it has accepted. */
const visibleWithinMs = 30_000

/**
 * Counts by query, metric by metric, what the server holds between the times; throws when it is
 * not the number expected: a comparison of servers that stored different things is void.
 */
export async function demandStored(
  running: Running,
  expectedNow: () => number | Promise<number>,
  range: { readonly startMs: number; readonly endMs: number },
): Promise<void> {
  const deadlineMs = Date.now() + visibleWithinMs
  for (;;) {
    const expected = await expectedNow()
    const stored = await storedSamples(running, range)
    if (stored === expected) return
    if (Date.now() > deadlineMs) {
      throw new Error(`${running.contestant.name} holds ${stored} samples of ${expected}: void`)
    }
    await wait(500)
  }
}

async function storedSamples(
  running: Running,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
): Promise<number> {
  const range = `start=${startMs / 1000}&end=${endMs / 1000}`
  const response = await fetch(`${running.url}/api/v1/label/__name__/values?${range}`)
  const { data }: { readonly data: readonly string[] } = JSON.parse(await response.text())
  const seconds = Math.ceil((endMs - startMs) / 1000)
  let stored = 0
  for (const name of data) {
    if (/^(up|scrape_.+)$/.test(name)) continue
    const query = `sum(count_over_time(${name}[${seconds}s]))`
    const answer = parseAnswer(await ask(running, { query, startMs, endMs }))
    for (const points of answer.values()) for (const value of points.values()) stored += value
  }
  return stored
}

/** Scrapes that the server calls good, by its own `up`, between the times. */
export async function goodScrapes(
  running: Running,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
): Promise<number> {
  const seconds = Math.ceil((endMs - startMs) / 1000)
  const query = `sum(sum_over_time(up[${seconds}s]))`
  const answer = parseAnswer(await ask(running, { query, startMs, endMs }))
  let good = 0
  for (const points of answer.values()) for (const value of points.values()) good += value
  return good
}
