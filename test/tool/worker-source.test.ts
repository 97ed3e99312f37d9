import { expect, it } from 'vitest'
import { workerFiles } from '../../scripts/build.mjs'
import * as sources from '../../src/tool/worker-source.ts'

it('the code of each thread is among what the build makes and the single executable holds', () => {
  const read: string[] = []
  const files = {
    names: () => [],
    read: (name: string) => {
      read.push(name)
      return new TextEncoder().encode(name)
    },
    shared: () => undefined,
  }
  for (const source of Object.values(sources)) {
    const made = source(files)
    expect(typeof made === 'string' ? made : made.source).toBe(read.at(-1))
  }
  expect(read.toSorted()).toEqual([...workerFiles].sort())
})
