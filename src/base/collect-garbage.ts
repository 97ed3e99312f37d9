import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Collects all garbage of the calling thread's heap before it returns, which V8 does by itself only
 * when more is allocated: for a thread that holds much and gets more soon. Most of what is compiled goes
 * too, see collect-in-slices. Memory of arrays is given back by then, as well, and not by another thread
 * a while later, until when it counts as held.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  setFlagsFromString('--no-concurrent-array-buffer-sweeping')
  try {
    runInNewContext('gc()')
  } finally {
    setFlagsFromString('--concurrent-array-buffer-sweeping')
    setFlagsFromString('--no-expose-gc')
  }
}
