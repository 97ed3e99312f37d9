import { platform, setPriority } from 'node:os'

/**
 * Lets the other threads of this process go before the calling one, from 0 to 19; the way back needs
 * privileges. Linux counts niceness by thread, elsewhere it is the process's and stays as it is. False
 * where nothing was changed.
 */
export function giveWayToOtherThreads(niceness: number): boolean {
  if (platform() !== 'linux') return false
  try {
    setPriority(0, niceness)
    return true
  } catch {
    // Some sandboxes forbid it: then threads are equal, as they were.
    return false
  }
}
