import { describe, expect, it } from 'vitest'
import { readCommandLine } from '../../src/tool/flags.ts'

describe('the tsdb commands on the command line', () => {
  it('narthex --help names them, each has a help of its own', () => {
    expect(helpOf('--help')).toContain('tsdb ')
    const list = helpOf('tsdb', '--help')
    for (const name of [
      'list',
      'analyze',
      'dump',
      'dump-openmetrics',
      'create-blocks-from',
      'verify',
    ]) {
      expect(list).toContain(`  ${name} `)
      expect(helpOf('tsdb', name, '--help')).toContain(`Usage: narthex tsdb ${name}`)
    }
    expect(helpOf('tsdb')).toBe(list)
    expect(helpOf('tsdb', 'create-blocks-from', 'openmetrics', '-h')).toContain('--quiet')
  })

  it('a command takes its flags where promtool takes them', () => {
    expect(commandOf('list', '-r', 'd')).toEqual({
      kind: 'list',
      directory: 'd',
      humanReadable: true,
    })
    expect(
      commandOf('dump', '--min-time=-5', '--max-time', '7', '--match=a', '--match={b="c"}'),
    ).toEqual({
      kind: 'dump',
      directory: 'data/',
      minTimeMs: -5,
      maxTimeMs: 7,
      match: ['a', '{b="c"}'],
      format: 'prom',
    })
    expect(commandOf('dump', '--format=seriesjson', '--sandbox-dir-root=/tmp', 'd')).toEqual({
      kind: 'dump',
      directory: 'd',
      minTimeMs: -Infinity,
      maxTimeMs: Infinity,
      match: ["{__name__=~'(?s:.*)'}"],
      format: 'seriesjson',
    })
    expect(commandOf('analyze', 'd', '01M7XPXJ6X6YE24E6E18X2EVQH', '--limit=3')).toEqual({
      kind: 'analyze',
      directory: 'd',
      ulid: '01M7XPXJ6X6YE24E6E18X2EVQH',
      limit: 3,
      extended: false,
      match: '',
    })
    const flags = ['--label=a=b=c', '-q', '--max-block-duration=1d']
    expect(commandOf('create-blocks-from', 'openmetrics', 'in', 'out', ...flags)).toEqual({
      kind: 'create-blocks',
      input: 'in',
      directory: 'out',
      humanReadable: false,
      quiet: true,
      maxBlockDurationMs: 86_400_000,
      labels: new Map([['a', 'b=c']]),
    })
  })

  it.each([
    [['nothing'], `unknown command 'nothing'`],
    [['list', '--wrong'], `unknown option '--wrong'`],
    [['list', 'a', 'b'], 'too many arguments'],
    [['dump', '--min-time=soon'], 'It is no whole number.'],
    [['dump', '--format=xml'], 'Allowed choices are prom, seriesjson.'],
    [['create-blocks-from', 'openmetrics'], `missing required argument 'FILE'`],
    [['create-blocks-from', 'openmetrics', 'a', '--label=b'], 'It takes NAME=VALUE.'],
    [['create-blocks-from', 'openmetrics', 'a', '--max-block-duration=b'], 'not a valid duration'],
  ])('%j is refused: %s', (parameters, words) => {
    expect(() => readCommandLine(['tsdb', ...parameters])).toThrow(words)
  })
})

function helpOf(...parameters: readonly string[]): string {
  const line = readCommandLine(parameters)
  if (line.kind !== 'help') throw new Error(`no help: ${JSON.stringify(line)}`)
  return line.text
}

function commandOf(...parameters: readonly string[]): object {
  const line = readCommandLine(['tsdb', ...parameters])
  if (line.kind !== 'tsdb') throw new Error(`no command: ${JSON.stringify(line)}`)
  return line.command
}
