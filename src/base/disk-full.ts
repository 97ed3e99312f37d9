import { messageOf } from './errors.ts'

/**
 * Whether something failed for want of room, which may be there later, rather than of a disk that is
 * broken. Also of an error from another thread, which is known by its words alone.
 */
export function isDiskFull(thrown: unknown): boolean {
  return /\b(ENOSPC|EDQUOT)\b/.test(messageOf(thrown))
}
