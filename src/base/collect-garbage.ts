import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Collects all garbage of the calling thread's heap before it returns, which V8 does by itself only
 * when more is allocated: for a thread that was busy and may be idle for long. What is compiled stays,
 * which a notification of low memory would take, too.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  try {
    runInNewContext('gc()')
  } finally {
    setFlagsFromString('--no-expose-gc')
  }
}
