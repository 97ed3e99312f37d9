import { Worker } from 'node:worker_threads'
import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { NodeProfiler } from '../../src/base/node-profiler.ts'
import { cpuStacks } from '../../src/base/profile-stacks.ts'
import type { ProfileStack } from '../../src/base/profiler.ts'

const profiler = new NodeProfiler(systemClock)
const never = new AbortController().signal

const busyCode = `
const kept = []
function burn() { let sum = 0; for (let i = 0; i < 3e6; i++) sum += Math.sqrt(i); return sum }
function hoard() { kept.push(new Array(100_000).fill({})); if (kept.length > 40) kept.length = 0 }
setInterval(burn, 1)
setInterval(hoard, 1)
require('node:worker_threads').parentPort.postMessage('up')
`

async function startBusy(): Promise<Worker> {
  const worker = new Worker(busyCode, { eval: true, name: 'burner' })
  onTestFinished(async () => {
    await worker.terminate()
  })
  await new Promise((resolve) => worker.once('message', resolve))
  return worker
}

const ofBurner = (stacks: readonly ProfileStack[], name: string) =>
  stacks.filter(
    ({ thread, frames }) =>
      /^burner \d+$/.test(thread) && frames.some(({ functionName }) => functionName === name),
  )

it('time, allocations and memory of a worker that knows nothing of it are told by its functions', async () => {
  await startBusy()
  const [inBurn] = ofBurner(await profiler.cpu(600, never), 'burn')
  expect(inBurn?.frames[0]?.line).toBe(3)
  expect(inBurn?.values[1]).toBeGreaterThan(5e6)
  expect(ofBurner(await profiler.allocations(100, never), 'hoard').length).toBeGreaterThan(0)
  const heap = await profiler.heap(50, never)
  const sumBytes = heap.reduce((sum, { values: [bytes = 0] }) => sum + bytes, 0)
  expect(sumBytes / process.memoryUsage.rss()).toBeGreaterThan(0.5)
  expect(new Set(heap.map(({ thread }) => thread.replace(/\d+/, 'N')))).toEqual(
    new Set(['main', 'burner N', 'process']),
  )
  const threads = await profiler.threads()
  expect(threads.map(({ thread }) => thread)).toContain('main')
  expect(ofBurner(threads, threads.at(-1)?.thread ?? '')).toHaveLength(1)
})

it('a worker that ends meanwhile is left out, and the rest of the profile is there', async () => {
  const worker = await startBusy()
  const profile = profiler.cpu(100, never)
  await worker.terminate()
  expect(ofBurner(await profile, 'burn')).toEqual([])
})

it('an aborted signal ends a profile at once', async () => {
  const controller = new AbortController()
  const profile = profiler.cpu(60_000, controller.signal)
  controller.abort()
  expect(Array.isArray(await profile)).toBe(true)
})

it('idle time and the profile itself are left out, and time that stepped back counts as none', () => {
  const at = (functionName: string, url = '') => ({
    functionName,
    url,
    scriptId: '0',
    lineNumber: 6,
    columnNumber: 0,
  })
  const nodes = [
    { id: 1, callFrame: at('(root)'), children: [2, 3, 5] },
    { id: 2, callFrame: at('(idle)') },
    { id: 3, callFrame: at('outer', 'a.js'), children: [4] },
    { id: 4, callFrame: at('', 'a.js') },
    { id: 5, callFrame: at('dispatch', 'node:inspector') },
  ]
  const samples = [5, 4, 2, 4, 3]
  const timeDeltas = [900, 10, 1_000, 20, -5]
  const line = 7
  expect(cpuStacks('main', { nodes, startTime: 0, endTime: 1, samples, timeDeltas })).toEqual([
    {
      thread: 'main',
      frames: [
        { functionName: '(anonymous)', file: 'a.js', line },
        { functionName: 'outer', file: 'a.js', line },
      ],
      values: [2, 30_000],
    },
    { thread: 'main', frames: [{ functionName: 'outer', file: 'a.js', line }], values: [1, 0] },
  ])
})
