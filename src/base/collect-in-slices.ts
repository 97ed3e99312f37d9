import { collectGarbage } from './collect-garbage.ts'

/** Once a thread has got so much more memory outside of its heap (64 MiB, or some MiB more), V8 begins to collect. */
const outsideBytes = 96 << 20

/**
 * Begins to collect the garbage of the calling thread, as V8 does by itself: in slices of some milliseconds
 * between everything else. What is compiled stays. One that is done at once (collectGarbage) forgets the
 * shapes of objects of which there is none just now, and throws away all code that was compiled for
 * them: in a thread between two queries nearly all of it.
 */
export function collectInSlices(): void {
  try {
    // An address range alone, of which no page is touched; sent away, or it would be garbage itself.
    const outside = new ArrayBuffer(outsideBytes)
    const { port1 } = new MessageChannel()
    port1.postMessage(undefined, [outside])
    port1.close()
  } catch {
    collectGarbage()
  }
}
