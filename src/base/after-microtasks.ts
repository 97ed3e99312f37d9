import { nextTick } from 'node:process'

/** Calls when what promises have ready, and what follows from that, has run: before anything else happens. */
export function afterMicrotasks(call: () => void): void {
  queueMicrotask(() => nextTick(call))
}
