import type { SampleRowKernel } from '../../kernels/sample-row-kernel.ts'
import { sampleRowKernel } from '../../kernels/sample-rows.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import { type CoveredTimes, coveredUntil } from './covered-times.ts'
import { decodeSampleRows, type SampleColumns } from './sample-rows.ts'

/** As decodeSampleRows, by the kernel where there is one and it has the record's form. */
export function readSampleRows(
  record: Uint8Array,
  into: SampleColumns,
  start: number,
  covered?: CoveredTimes,
): number {
  const count = sampleRowKernel?.decode(record, covered) ?? -1
  if (sampleRowKernel === undefined || count < 0) {
    return decodeSampleRows(record, into, start, covered)
  }
  if (covered !== undefined && sampleRowKernel.hasUnknown) {
    return takeUncovered(sampleRowKernel, count, into, start, covered)
  }
  const { refs, timestampsMs, halves } = sampleRowKernel
  into.refs.set(refs.subarray(0, count), start)
  into.timestampsMs.set(timestampsMs.subarray(0, count), start)
  halvesOf(into.values).set(halves.subarray(0, count * 2), start * 2)
  return start + count
}

function takeUncovered(
  { refs, timestampsMs, halves }: SampleRowKernel,
  count: number,
  into: SampleColumns,
  start: number,
  covered: CoveredTimes,
): number {
  const { refs: intoRefs, timestampsMs: intoTimes, values } = into
  const intoHalves = halvesOf(values)
  let end = start
  // Rows of one series often stand side by side: what its ref says is looked up once.
  let [before, coveredMs] = [-1, Number.NEGATIVE_INFINITY]
  for (let row = 0; row < count; row++) {
    const ref = refs[row] ?? 0
    const timestampMs = timestampsMs[row] ?? 0
    if (ref !== before) {
      before = ref
      coveredMs = coveredUntil(covered, ref)
    }
    if (timestampMs < coveredMs) continue
    intoRefs[end] = ref
    intoTimes[end] = timestampMs
    intoHalves[end * 2] = halves[row * 2] ?? 0
    intoHalves[end * 2 + 1] = halves[row * 2 + 1] ?? 0
    end++
  }
  return end
}
