import ts from 'typescript'
import { expect, it, vi } from 'vitest'
import * as library from '../../src/index.ts'
import { exampleOfPage } from './example-of-page.ts'

/** As a function's body. */
function exampleOf(page: string): string {
  const body = exampleOfPage(page).replace(/^import .*$/gm, '')
  return ts.transpileModule(body, { compilerOptions: { target: ts.ScriptTarget.ES2022 } })
    .outputText
}

it('the test of docs/library.md is one that passes', async () => {
  const tests: (() => Promise<void>)[] = []
  const run = new Function('open', 'expect', 'it', exampleOf('docs/library.md'))
  run(library.open, expect, (_name: string, body: () => Promise<void>) => tests.push(body))
  expect(tests).toHaveLength(1)
  for (const body of tests) await body()
})

it('the example of the README prints what it says', async () => {
  const log = vi.fn()
  const run = new Function('open', 'console', `return (async () => {${exampleOf('README.md')}})()`)
  await run(library.open, { log })
  expect(log.mock.calls).toEqual([[0.5]])
})
