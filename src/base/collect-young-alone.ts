import { setFlagsFromString } from 'node:v8'

/**
 * Has each thread collect its young generation by itself. V8 shares that work with threads of its own, and
 * waits for them: where the processors are busy with queries and compaction it mostly waits. Over 23 hours
 * of samples of a million series, in which a twentieth is new each hour, 3,400 such collections of the main
 * thread took 2,236 ms shared, 14.8 ms the longest and 5.1 at the 99th percentile; alone 1,160, 10.5 and 1.8.
 * An idle machine with much that survives could do the longest in less.
 */
export function collectYoungAlone(): void {
  setFlagsFromString('--no-parallel-scavenge')
}
