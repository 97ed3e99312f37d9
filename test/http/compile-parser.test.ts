import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, it } from 'vitest'

it('thousands of answers leave the parser as the first compiler made it, and what is compiled later goes on to the second', async () => {
  const entry = join(import.meta.dirname, 'answers-process.ts')
  const child = fork(entry, [], { execArgv: ['--import', 'tsx'] })
  const ended = once(child, 'exit')
  let told: unknown
  child.once('message', (message) => {
    told = message
  })
  expect(await ended).toEqual([0, null])
  // The second compiler takes 10 to 38 for the parser, in the Nodes that there are.
  expect(told).toEqual({ isWhole: true, isBelow6Mebibytes: true, isLaterModuleOptimized: true })
})
