import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, it, vi } from 'vitest'
import * as library from '../../src/index.ts'

const root = join(import.meta.dirname, '..', '..')

/** The example of a page that begins with an import of the library, as a function's body. */
function exampleOf(page: string): string {
  const text = readFileSync(join(root, page), 'utf8')
  const [, example = ''] = /```ts\n(import \{ open \} from 'narthex'\n.*?)```/s.exec(text) ?? []
  const body = example.replace(/^import .*$/gm, '')
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
