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
    path: () => undefined,
  }
  for (const source of Object.values(sources)) expect(source(files)).toBe(read.at(-1))
  expect(read.toSorted()).toEqual([...workerFiles].sort())
})
