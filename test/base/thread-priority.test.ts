import { platform } from 'node:os'
import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import { expect, it } from 'vitest'

const program = `
import { getPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { giveWayToOtherThreads } from './src/base/thread-priority.ts'
const before = getPriority(0)
const isLowered = giveWayToOtherThreads(before + 3)
parentPort?.postMessage([isLowered, getPriority(0) - before])
`

it.skipIf(platform() !== 'linux')(
  'a thread that gives way leaves the others as they are',
  async () => {
    const { outputFiles } = await build({
      stdin: { contents: program, resolveDir: process.cwd(), loader: 'ts' },
      bundle: true,
      write: false,
      platform: 'node',
      format: 'cjs',
    })
    const { getPriority } = await import('node:os')
    const before = getPriority(0)
    const worker = new Worker(outputFiles[0]?.text ?? '', { eval: true })
    const answer = await new Promise((resolve) => {
      worker.once('message', resolve)
    })
    await worker.terminate()
    expect(answer).toEqual([true, 3])
    expect(getPriority(0)).toBe(before)
  },
)
