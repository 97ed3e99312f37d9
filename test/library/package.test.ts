import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { exampleOfPage } from './example-of-page.ts'

const root = join(import.meta.dirname, '..', '..')

/** A program's folder in which the package is installed, from the very file that would be published. */
let directory = ''
beforeAll(() => {
  directory = temporaryDirectory(afterAll)
  const packed = join(directory, 'packed')
  mkdirSync(packed)
  const shell = process.platform === 'win32'
  const to = ['pack', '--ignore-scripts', '--silent', '--pack-destination', packed]
  execFileSync('npm', to, { cwd: root, shell, stdio: ['ignore', 'pipe', 'ignore'] })
  const [file = ''] = readdirSync(packed)
  const installed = join(directory, 'node_modules', 'narthex')
  mkdirSync(installed, { recursive: true })
  execFileSync('tar', ['-xzf', join(packed, file), '-C', installed, '--strip-components=1'])
})

const body = `
  const database = await open()
  database.load({ startMs: 1_700_000_000_000, stepMs: 15_000, series: 'hits_total{code="500"} 0+3x40' })
  const { type, series } = await database.query('sum(increase(hits_total[5m])) * 0 + 3', { timeMs: 1_700_000_600_000 })
  console.log(type, JSON.stringify(series))
  const error = await database.query('sum(').catch((thrown) => thrown)
  console.log(error instanceof NarthexError, error.code)
  await database.close()
`
const programs = {
  'asked.mjs': `import { NarthexError, open } from 'narthex'\n${body}`,
  'asked.cjs': `const { NarthexError, open } = require('narthex')\nasync function main() {${body}}\nmain()`,
}

it.each(Object.entries(programs))(
  'an installed package answers %s, which then ends by itself',
  (name, text) => {
    writeFileSync(join(directory, name), text)
    const { status, stdout, stderr } = spawnSync(process.execPath, [name], {
      cwd: directory,
      encoding: 'utf8',
      timeout: 30_000,
    })
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout:
        'vector [{"labels":{},"samples":[{"timeMs":1700000600000,"value":3}]}]\ntrue QUERY_PARSE\n',
      stderr: '',
    })
  },
)

it('its types hold, for modules of both kinds and for the example of the README', () => {
  const program = `import { open, type Narthex, type QueryResult, NarthexError } from 'narthex'
export async function ask(): Promise<number> {
  const database: Narthex = await open({ lookbackMs: 60_000 })
  database.append([{ labels: { __name__: 'm' }, samples: [[1, 2], [3, 'stale']] }])
  const result: QueryResult = await database.query('m', { timeMs: 1 })
  if (result.type !== 'vector') throw new NarthexError('unexpected')
  const value = result.series[0]?.samples[0]?.value ?? 0
  return typeof value === 'number' ? value : value.buckets.length
}
// @ts-expect-error there is no such option
void open({ port: 9090 })
`
  const files = ['typed.mts', 'typed.cts'].map((name) => join(directory, name))
  for (const file of files) writeFileSync(file, program)
  const documented = join(directory, 'documented.mts')
  writeFileSync(documented, exampleOfPage('README.md'))
  const checked = ts.createProgram([...files, documented], {
    strict: true,
    noEmit: true,
    skipDefaultLibCheck: true,
    types: [],
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  })
  const found = ts.getPreEmitDiagnostics(checked)
  expect(
    found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
  ).toEqual([])
})
