import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { keepCompiledCode } from '../../src/base/keep-compiled-code.ts'

/**
 * A thread that compiles a function for objects that are gone then, collects once, tells so, and is
 * idle. It tells after how long its code is forgotten, or at a time that it is given that it is not.
 * It looks seldom: V8 does not take a thread for idle that makes much.
 */
const idleThread = `
  const { parentPort } = require('node:worker_threads');
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
  let untilMs = Infinity;
  parentPort.on('message', (ms) => { untilMs = ms });
  setInterval(() => {
    const afterMs = performance.now() - sinceMs;
    const isForgotten = compiled === 0 || (%GetOptimizationStatus(read) & compiled) !== compiled;
    if (isForgotten || afterMs > untilMs) parentPort.postMessage({ isForgotten, afterMs });
  }, 100);
  parentPort.postMessage('idle');
`

interface Outcome {
  readonly isForgotten: boolean
  readonly afterMs: number
}

/** A thread that is idle from now on, and what it tells. */
async function idle(): Promise<{ readonly worker: Worker; readonly outcome: Promise<Outcome> }> {
  setFlagsFromString('--allow-natives-syntax')
  const worker = new Worker(idleThread, { eval: true })
  onTestFinished(async () => {
    setFlagsFromString('--no-allow-natives-syntax')
    await worker.terminate()
  })
  const next = () =>
    new Promise<Outcome>((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
    })
  await next()
  return { worker, outcome: next() }
}

/** Back to V8's own. */
afterEach(() => setFlagsFromString('--gc-memory-reducer-start-delay-ms=8000'))

test('an idle thread keeps its compiled code for longer than V8 would leave it', async () => {
  setFlagsFromString('--gc-memory-reducer-start-delay-ms=50')
  const without = await idle()
  keepCompiledCode()
  const kept = await idle()
  const { isForgotten, afterMs } = await without.outcome
  expect(isForgotten).toBe(true)
  kept.worker.postMessage(1.25 * afterMs)
  expect((await kept.outcome).isForgotten).toBe(false)
}, 120_000)
