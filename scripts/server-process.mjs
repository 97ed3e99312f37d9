const twoWeeksMs = 14 * 24 * 3_600_000

/**
 * How the server's process is started so that it takes less memory and is not held up by giving some
 * back; it runs without this, too. A young generation of twice 16 MiB, V8's largest, is all touched
 * between two collections, whose time hangs on what is alive. In its first quiet moment V8 would collect
 * once more and move whatever stands in pages with much room: beside a million series the longest of
 * 3,800 collections of the main thread, 24 and 41 ms for 2 MiB; so that waits for two weeks. Each thread
 * of the C library would have an arena of its own that keeps what its busiest moment took; large blocks
 * of memory are given back when they have pages of their own.
 */
export const nodeFlags = [
  '--max-semi-space-size=4',
  `--gc-memory-reducer-start-delay-ms=${twoWeeksMs}`,
]

/** What is set already stays. */
export function serverEnvironment(given) {
  return { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: String(1 << 20), ...given }
}
