import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  type CompiledFunction,
  compiledBytes,
  compiledFunction,
} from '../../scripts/compiled-server.mjs'
import { startBuiltServer } from '../support/built-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'

const directory = temporaryDirectory(afterAll)
const path = join(directory, 'answer.cjs')
const compiledPath = join(directory, 'answer.compiled')

function writeAnswer(answer: number): void {
  writeFileSync(path, `exports.answer = (() => ${answer})()`)
}

function compiledOf(file: string): Buffer {
  return compiledBytes(file, compiledFunction(file, ''))
}

function answerOf(run: CompiledFunction): unknown {
  const exports: { answer?: unknown } = {}
  run(exports)
  return exports.answer
}

/** Has each thread of a process tell whether V8 refused what it was to take; undefined where nothing was. */
function tellsOfScripts(file: string): string {
  return `const vm = require('node:vm')
    vm.Script = class extends vm.Script {
      constructor(text, options) {
        super(text, options)
        const name = require('node:path').basename(options.filename)
        require('node:fs').appendFileSync(${JSON.stringify(file)}, name + ' ' + this.cachedDataRejected + '\\n')
      }
    }`
}

describe('what V8 compiled of the server at the build', () => {
  it('is taken by a server that is started as npm start does, and by its query worker', async () => {
    const hook = join(directory, 'tell.cjs')
    const told = join(directory, 'told')
    writeFileSync(hook, tellsOfScripts(told))
    await startBuiltServer({
      directory,
      environment: { NODE_OPTIONS: `--require=${JSON.stringify(hook)}` },
    })
    const lines = await waitUntil('both have told', () => {
      const texts = readFileSync(told, 'utf8').trim().split('\n')
      return texts.length < 2 ? undefined : texts
    })
    expect(lines).toEqual(['server.cjs false', 'query-worker.cjs false'])
  })

  it('is not run in place of another text of the same length', () => {
    writeAnswer(1)
    writeFileSync(compiledPath, compiledOf(path))
    expect(compiledFunction(path, compiledPath).script.cachedDataRejected).toBe(false)
    expect(answerOf(compiledFunction(path, compiledPath))).toBe(1)
    writeAnswer(2)
    expect(answerOf(compiledFunction(path, compiledPath))).toBe(2)
  })

  it('is left alone where it is damaged, cut short or gone', () => {
    writeAnswer(3)
    const whole = compiledOf(path)
    for (let at = 0; at < whole.length; at += 7) {
      const damaged = Buffer.from(whole)
      damaged[at] = (damaged[at] ?? 0) ^ 0x20
      for (const bytes of [damaged, whole.subarray(0, at)]) {
        writeFileSync(compiledPath, bytes)
        const run = compiledFunction(path, compiledPath)
        expect(run.script.cachedDataRejected).toBeUndefined()
        expect(answerOf(run)).toBe(3)
      }
    }
    rmSync(compiledPath)
    expect(answerOf(compiledFunction(path, compiledPath))).toBe(3)
  })
})
