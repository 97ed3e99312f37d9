import { execFile } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { promqlTool, type ToolAnswer } from './tsdb-tool.ts'

function promtool(...parameters: readonly string[]): Promise<ToolAnswer> {
  return new Promise((resolve) => {
    execFile(peer('promtool'), parameters, (failed, out, err) => {
      resolve({ code: typeof failed?.code === 'number' ? failed.code : 0, out, err })
    })
  })
}

const long = `sum(${'a'.repeat(70)}{b="c"})`

describe('narthex promql', () => {
  it('formats a query', async () => {
    expect(await promqlTool('promql', '--experimental', 'format', 'sum(a)by(b)')).toEqual({
      code: 0,
      out: 'sum by (b) (a)\n',
      err: '',
    })
  })

  it.each([
    [['promql', 'format', 'a']],
    [['promql', 'label-matchers', 'set', 'a', 'b', 'c']],
    [['promql', 'label-matchers', 'delete', 'a', 'b']],
  ])('%j is refused without --experimental', async (parameters) => {
    expect(await promqlTool(...parameters)).toEqual({
      code: 1,
      out: '',
      err: 'narthex: This command is experimental and requires the --experimental flag to be set.\n',
    })
  })

  it('deletes every matcher of the label', async () => {
    const query = 'a{b="c",x="y",b="d"} + rate({__name__="f",b!~"e.*"}[5m])'
    const { out } = await promqlTool(
      '--experimental',
      'promql',
      'label-matchers',
      'delete',
      query,
      'b',
    )
    expect(out).toBe('a{x="y"} + rate({__name__="f"}[5m])\n')
  })

  it('a selector whose last matcher is deleted is not written at all', async () => {
    const remove = ['--experimental', 'promql', 'label-matchers', 'delete']
    expect((await promqlTool(...remove, '{"x.y"}', '__name__')).out).toBe('\n')
    expect((await promqlTool(...remove, 'rate({a="b"}[5m])', 'a')).out).toBe('rate([5m])\n')
  })

  it('a name that is replaced is not written before the braces any more', async () => {
    const set = ['--experimental', 'promql', 'label-matchers', 'set']
    expect((await promqlTool(...set, 'a{b="c"}', '__name__', 'x')).out).toBe(
      '{__name__="x",b="c"}\n',
    )
  })

  it('refuses a pattern that does not compile, and a type that is none', async () => {
    const set = ['--experimental', 'promql', 'label-matchers', 'set']
    expect((await promqlTool(...set, '-t', '=~', 'a', 'b', '(')).code).toBe(1)
    await expect(async () => promqlTool(...set, '-t', '=x', 'a', 'b', 'c')).rejects.toThrow('=x')
  })

  it('takes a chain of 1,000 operators', async () => {
    const query = Array.from({ length: 1_000 }, () => 'a').join('+')
    const set = ['--experimental', 'promql', 'label-matchers', 'set', query, 'b', 'c']
    const { out, err } = await promqlTool(...set)
    expect(err).toBe('')
    expect(out.split('a{b="c"}').length).toBe(1_001)
  })

  it.skipIf(peersAreAbsent)('answers as promtool does', async () => {
    const lines = [
      ['promql', 'format', `${long} + ${long}`],
      ['promql', 'format', 'a +'],
      ['promql', 'format', 'limitk(1, a)'],
      ['--enable-feature=promql-experimental-functions', 'promql', 'format', 'limitk(1, a)'],
      ['promql', 'label-matchers', 'set', 'a{b="c",b="d"} + f', 'b', 'x'],
      ['promql', 'label-matchers', 'set', '-t', '!=', 'a + f{z=~"1"}', 'z', 'x'],
      ['promql', 'label-matchers', 'set', '-t', '=~', 'x{b="c"}[5m:1m] offset 3m', 'b', 'u.*'],
      ['promql', 'label-matchers', 'set', 'a', 'x y', 'q"r'],
      ['promql', 'label-matchers', 'set', 'topk(count(a), -(b))', 'x', 'y'],
      ['promql', 'label-matchers', 'delete', 'sum(rate(a{b="c"}[5m] @ 3))', 'b'],
      ['promql', 'label-matchers', 'delete', 'a{b="c"}', '__name__'],
      ['promql', 'label-matchers', 'delete', 'a and', 'x'],
    ]
    for (const line of lines) {
      const parameters = ['--experimental', ...line]
      const { err, ...own } = await promqlTool(...parameters)
      const said = { ...own, err: err.replace(/^narthex: /, '') }
      expect(said, line.join(' ')).toEqual(await promtool(...parameters))
    }
  })
})
