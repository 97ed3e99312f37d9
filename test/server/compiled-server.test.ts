import { execFileSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  type CompiledFunction,
  compiledBytes,
  compiledFunction,
} from '../../scripts/compiled-server.mjs'
import { nodeFlags } from '../../scripts/server-process.mjs'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const root = join(import.meta.dirname, '..', '..')
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

describe('what V8 compiled of the server at the build', () => {
  it('is taken by a server that is started as npm start does', () => {
    const files = ['server.cjs', 'server.compiled'].map((name) => join(root, 'dist', name))
    expect(files.every((file) => existsSync(file))).toBe(true)
    const module = join(root, 'scripts', 'compiled-server.mjs')
    const script = `import(${JSON.stringify(module)}).then(({ compiledFunction }) =>
      console.log(compiledFunction(...${JSON.stringify(files)}).script.cachedDataRejected))`
    const told = execFileSync(process.execPath, [...nodeFlags, '-e', script], { encoding: 'utf8' })
    expect(told).toBe('false\n')
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
