/**
 * How the server's process is started so that it takes less memory; it runs without this, too. A
 * young generation of twice 16 MiB, V8's largest, is all touched between two collections, whose time
 * hangs on what is alive. Each thread of the C library would have an arena of its own that keeps what
 * its busiest moment took; large blocks of memory are given back when they have pages of their own.
 */
export const nodeFlags = ['--max-semi-space-size=4']

/** What is set already stays. */
export function serverEnvironment(given) {
  return { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: String(1 << 20), ...given }
}
