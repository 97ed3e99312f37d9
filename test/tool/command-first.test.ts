import { expect, it } from 'vitest'
import { commandFirst } from '../../src/tool/command-first.ts'

it.each([
  ['--enable-feature=a test rules f', 'test rules --enable-feature=a f'],
  [
    '--enable-feature a --enable-feature=b check rules f',
    'check rules --enable-feature=a --enable-feature=b f',
  ],
  ['--experimental check config f', 'check config f'],
  ['--experimental promql format x', 'promql --experimental format x'],
  [
    '--enable-feature=a --experimental promql format x',
    'promql --experimental --enable-feature=a format x',
  ],
  ['--enable-feature=a query instant s up', 'query instant s up'],
  ['test rules --enable-feature=a f', 'test rules --enable-feature=a f'],
  // Of the server.
  ['--enable-feature=a', '--enable-feature=a'],
  ['--enable-feature=a --config.file=f', '--enable-feature=a --config.file=f'],
  ['--config.file=f --enable-feature=a', '--config.file=f --enable-feature=a'],
])("promtool's flags before a command mean what they mean behind it: %s", (given, read) => {
  expect(commandFirst(given.split(' ')).join(' ')).toBe(read)
})
