import { expect, it } from 'vitest'
import { versionText } from '../../src/tool/build-info.ts'
import { makeCheckCommand } from '../../src/tool/check-command-line.ts'
import { makeQueryCommand } from '../../src/tool/query-command-line.ts'
import { readToolCommand } from '../../src/tool/read-tool-command.ts'
import { makeTestCommand } from '../../src/tool/test-command-line.ts'
import { makeTsdbCommand } from '../../src/tool/tsdb-command-line.ts'

it.each([
  [() => readToolCommand(makeTsdbCommand, ['tsdb', '--version'])],
  [() => readToolCommand(makeTsdbCommand, ['tsdb', 'list', '--version'])],
  [() => readToolCommand(makeCheckCommand, ['check', 'config', '--version'])],
  [() => readToolCommand(makeQueryCommand, ['query', 'instant', '--version'])],
  [() => readToolCommand(makeTestCommand, ['test', 'rules', '--version', 'x.yml'])],
])('a command tells the version, whatever it lacks: %s', (read) => {
  expect(read()).toBe(`${versionText()}\n`)
})

it('a command that its group has not is refused by its name', () => {
  expect(() => readToolCommand(makeTsdbCommand, ['tsdb', 'bench', 'write'])).toThrow(
    "unknown command 'bench'",
  )
})
