import type { Head } from './head.ts'

/**
 * Where what readers tell new from old by nears the end of its 32 bits, it begins anew as soon as
 * nobody reads. Run it now and then: it is months early.
 */
export function keepTimesYoung(head: Head): void {
  if (!head.memory.isLate) return
  head.pins.whenNoneHeld(() => {
    const { memory, idCount, unlogged } = head
    // It may have been asked several times.
    if (memory.isLate) memory.beginAnew(idCount, unlogged)
  })
}
