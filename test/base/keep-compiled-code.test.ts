import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { keepCompiledCode } from '../../src/base/keep-compiled-code.ts'

/** What the idle thread below tells: that its code is forgotten, or that it stayed for so long. */
type Outcome = 'forgotten' | 'stayed'

/** A thread that compiles a function for objects that are gone then, collects once, and is idle. */
const idleThread = `
  const { parentPort, workerData } = require('node:worker_threads');
  class Point { constructor(x) { this.x = x; this.y = 1 } };
  const read = (point) => point.x + point.y;
  %PrepareFunctionForOptimization(read);
  for (let x = 0; x < 100; x++) read(new Point(x));
  const before = %GetOptimizationStatus(read);
  %OptimizeFunctionOnNextCall(read);
  read(new Point(0));
  const compiled = %GetOptimizationStatus(read) & ~before;
  const { port1 } = new MessageChannel();
  port1.postMessage(undefined, [new ArrayBuffer(96 << 20)]);
  port1.close();
  const sinceMs = performance.now();
  const tell = (outcome) => parentPort.postMessage({ outcome, afterMs: performance.now() - sinceMs });
  setInterval(() => {
    if (compiled === 0 || (%GetOptimizationStatus(read) & compiled) !== compiled) tell('forgotten');
    else if (performance.now() - sinceMs > workerData.forMs) tell('stayed');
  }, 20);
`

/** After how long an idle thread has forgotten its code, or that it has not in such a time. */
function idle(forMs: number): Promise<{ readonly outcome: Outcome; readonly afterMs: number }> {
  setFlagsFromString('--allow-natives-syntax')
  const worker = new Worker(idleThread, { eval: true, workerData: { forMs } })
  onTestFinished(async () => {
    setFlagsFromString('--no-allow-natives-syntax')
    await worker.terminate()
  })
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

/** Back to V8's own. */
afterEach(() => setFlagsFromString('--gc-memory-reducer-start-delay-ms=8000'))

test('an idle thread keeps its compiled code for longer than V8 would leave it', async () => {
  setFlagsFromString('--gc-memory-reducer-start-delay-ms=50')
  const { outcome, afterMs } = await idle(60_000)
  expect(outcome).toBe('forgotten')
  keepCompiledCode()
  expect((await idle(2 * afterMs)).outcome).toBe('stayed')
}, 120_000)
