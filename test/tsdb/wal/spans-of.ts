import type { CoveredSpans } from '../../../src/tsdb/wal/covered-spans.ts'

/** All samples that a ref has from one time to before another. */
export interface CoveredSpan {
  readonly ref: number
  readonly fromMs: number
  readonly toMs: number
}

/** In whole seconds within each; those of one ref one after the other. */
export function spansOf(spans: readonly CoveredSpan[]): CoveredSpans {
  const refs = spans.map(({ ref }) => ref)
  const firstRef = Math.min(...refs)
  const count = Math.max(...refs) - firstRef + 1
  const firstTimeMs = Math.min(...spans.map(({ fromMs }) => fromMs))
  const sorted = spans.toSorted((a, b) => a.ref - b.ref || a.fromMs - b.fromMs)
  const covered = {
    firstRef,
    firstTimeMs,
    starts: new Uint32Array(new SharedArrayBuffer((count + 1) * 4)),
    seconds: new Int32Array(new SharedArrayBuffer(spans.length * 8)),
    leftOut: new Uint8Array(new SharedArrayBuffer(count)),
  }
  for (const [index, { ref, fromMs, toMs }] of sorted.entries()) {
    covered.seconds[index * 2] = Math.ceil((fromMs - firstTimeMs) / 1_000)
    covered.seconds[index * 2 + 1] = Math.floor((toMs - firstTimeMs) / 1_000)
    covered.starts.fill(index + 1, ref - firstRef + 1)
  }
  return covered
}
