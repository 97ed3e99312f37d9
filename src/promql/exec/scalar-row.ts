import { assert } from '../../base/assert.ts'
import { cutFloat64 } from '../../base/cut-arrays.ts'
import { NumberRow } from './one-row.ts'
import type { Operator } from './operator.ts'

/** All values of a scalar: one for each step. */
export async function scalarRow(scalar: Operator, steps: number): Promise<Float64Array> {
  if (scalar instanceof NumberRow) return cutFloat64(steps).fill(scalar.value)
  await scalar.series()
  const row = new Float64Array(steps)
  for (;;) {
    const batch = await scalar.next()
    if (batch === undefined) return row
    assert(batch.rows === 1 && batch.first === 0, 'a scalar is one series')
    row.set(batch.values.subarray(0, steps))
  }
}
