import { sampleRowKernel } from '../../kernels/sample-rows.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import type { CoveredTimes } from './covered-times.ts'
import { decodeSampleRows, type SampleColumns } from './sample-rows.ts'

/**
 * As decodeSampleRows, by the kernel where there is one and it has the record's form. Of what is covered
 * something may be left: the kernel does not know of refs far from those of the record before.
 */
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
  const { refs, timestampsMs, halves } = sampleRowKernel
  into.refs.set(refs.subarray(0, count), start)
  into.timestampsMs.set(timestampsMs.subarray(0, count), start)
  halvesOf(into.values).set(halves.subarray(0, count * 2), start * 2)
  return start + count
}
