/** One function on a stack, as pprof names it. */
export interface ProfileFrame {
  readonly functionName: string
  /** File or URL; '' for what is not JavaScript. */
  readonly file: string
  /** Where the function begins, from 1; 0 = unknown. */
  readonly line: number
}

/** What was seen on one stack of one thread. */
export interface ProfileStack {
  readonly thread: string
  /** The innermost first. */
  readonly frames: readonly ProfileFrame[]
  /** In the order and units of the method that answered it. */
  readonly values: readonly number[]
}

/** What each thread of this process does, for /debug/pprof (row A8.13). Use one method at a time. */
export interface Profiler {
  /**
   * Where threads spend their time, in (samples, nanoseconds); idle time is left out. Ends before
   * `durationMs` when the signal aborts.
   */
  cpu(durationMs: number, signal: AbortSignal): Promise<readonly ProfileStack[]>
  /**
   * Memory in use, in (bytes): what was allocated in that time and is still there by its stack, and
   * all else as one stack for each thread, so that the sum is what the process takes.
   */
  heap(durationMs: number, signal: AbortSignal): Promise<readonly ProfileStack[]>
  /** What is allocated in that time, in (bytes), whether it is still there or not. */
  allocations(durationMs: number, signal: AbortSignal): Promise<readonly ProfileStack[]>
  /** Threads, and what the event loop of the main one waits for, in (count). */
  threads(): Promise<readonly ProfileStack[]>
}
