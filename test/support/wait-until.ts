import { setTimeout as pause } from 'node:timers/promises'

/** Asks a real process again and again until the answer is not undefined; fails at the deadline with `what`. */
export async function waitUntil<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  deadlineMs = 30_000,
): Promise<T> {
  const endMs = Date.now() + deadlineMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > endMs) throw new Error(`waited ${deadlineMs} ms in vain until ${what}`)
    await pause(20)
  }
}
