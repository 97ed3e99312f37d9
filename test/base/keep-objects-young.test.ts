import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { afterEach, expect, test } from 'vitest'
import { keepObjectsYoung } from '../../src/base/keep-objects-young.ts'

/** A thread whose objects stay for a while at first, and later none: how much of those is old, bytes each. */
const thread = `
  const { parentPort } = require('node:worker_threads');
  const { getHeapSpaceStatistics } = require('node:v8');
  const oldBytes = () =>
    getHeapSpaceStatistics().find((space) => space.space_name === 'old_space').space_used_size;
  const make = (number) => ({ values: [number, number + 1, number + 2] });
  const kept = [];
  while (kept.length < 400_000) kept.push(make(kept.length));
  const grown = [];
  let last;
  for (let round = 0; round < 15; round++) {
    const before = oldBytes();
    for (let number = 0; number < 20_000; number++) last = make(number);
    grown.push((oldBytes() - before) / 20_000);
  }
  // A full collection within one of them has made it less.
  parentPort.postMessage(grown.sort((a, b) => a - b)[7] + 0 * kept.length * last.values.length);
`

/** With a young generation that is collected often enough for V8 to see what survives. */
function oldBytesAnObject(): Promise<number> {
  const worker = new Worker(thread, { eval: true, resourceLimits: { maxYoungGenerationSizeMb: 3 } })
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

/** Back to V8's own. */
afterEach(() => setFlagsFromString('--allocation-site-pretenuring'))

test('objects that stay for a moment are among the young ones, though others like them stayed long', async () => {
  expect(await oldBytesAnObject()).toBeGreaterThan(50)
  keepObjectsYoung()
  expect(await oldBytesAnObject()).toBeLessThan(5)
})
