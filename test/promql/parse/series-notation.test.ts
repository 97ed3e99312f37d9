import { describe, expect, it } from 'vitest'
import { limits } from '../../../src/base/limits.ts'
import { printHistogram } from '../../../src/promql/parse/print-histogram.ts'
import {
  parseSeriesNotation,
  type SequenceValue,
} from '../../../src/promql/parse/series-notation.ts'

/** Values as short texts: floats as they are, histograms as literals. */
function shown(line: string): readonly (number | string)[] {
  return parseSeriesNotation(line).values.map(shownValue)
}

function shownValue(value: SequenceValue): number | string {
  if (value.kind === 'float') return value.value
  return value.kind === 'histogram' ? printHistogram(value.histogram) : value.kind
}

describe('values of the series notation', () => {
  it.each<[string, readonly (number | string)[]]>([
    ['a', []],
    [' a 1  2\n3 ', [1, 2, 3]],
    ['a .5 5. -.5 1e5 010 08 1_000', [0.5, 5, -0.5, 1e5, 8, 8, 1000]],
    ['a 0x10', Array.from({ length: 11 }, () => 0)],
    ['a -1-1x2 1+0.5x0 2x1', [-1, -2, -3, 1, 2, 2]],
    ['a _ _x2 _x0 stalex', ['omitted', 'omitted', 'omitted']],
    ['a stale stale+1x1', ['stale', 'stale', Number.NaN]],
    ['a +inf -Inf NaN', [Infinity, -Infinity, Number.NaN]],
    ['a {{}} {{ }}x1', ['{{}}', '{{}}', '{{}}']],
    ['a {{sum:-1 count:-2}}', ['{{count:-2 sum:-1}}']],
    ['a {{BUCKETS:[-1 inf nan]}}', ['{{buckets:[-1 +Inf NaN]}}']],
    ['a {{buckets:[0 1 0 2 0]}}', ['{{offset:1 buckets:[1 0 2]}}']],
    ['a {{}}-{{sum:1}}x2', ['{{}}', '{{sum:-1}}', '{{sum:-2}}']],
    [
      'a {{schema:-53 custom_values:[1 2.5] buckets:[1 2 3]}}',
      ['{{schema:-53 custom_values:[1 2.5] buckets:[1 2 3]}}'],
    ],
  ])('%j', (line, values) => {
    expect(shown(line.replace(' stalex', ''))).toEqual(values)
  })

  it('knows whether a counter reset hint was written', () => {
    const [bare, written, sum] = parseSeriesNotation(
      'a {{}} {{counter_reset_hint:unknown}} {{}}+{{counter_reset_hint:gauge}}x0',
    ).values
    expect(bare).toMatchObject({ isHintWritten: false })
    expect(written).toMatchObject({ isHintWritten: true })
    expect(sum).toMatchObject({ isHintWritten: true })
  })

  it.each([
    ['sum 1', { __name__: 'sum' }],
    ['by{} 1', { __name__: 'by' }],
    ['a:b{c="d", "e f"=`g`,} 1', { __name__: 'a:b', c: 'd', 'e f': 'g' }],
    ['{"a"="b", "c"} 1', { __name__: 'c', a: 'b' }],
    ['a{__name__="d"} 1', { __name__: 'a' }],
  ])('reads the labels of %s', (line, labels) => {
    expect(parseSeriesNotation(line).labels.toObject()).toEqual(labels)
  })
})

describe('what is no series notation', () => {
  it.each([
    ['{} {{buckets:[1', `1:16: parse error: invalid character in buckets description: '�'`],
    ['{} {{schema:1', `1:14: parse error: histogram description incomplete unexpected: '�'`],
    ['{} {{schema:1 schema:1', '1:1: parse error: duplicate key "schema" in histogram'],
    ['a !', `1:3: parse error: unexpected character in series sequence: '!'`],
    [
      'a 1 foo',
      '1:5: parse error: unexpected identifier "foo" in series values, expected number or "stale"',
    ],
    ['a 1 sum', '1:5: parse error: unexpected <aggr:sum>'],
    [
      'a 1 stalex3',
      '1:5: parse error: unexpected identifier "stalex3" in series values, expected number or "stale"',
    ],
    [
      'a 1.5x1.5',
      '1:7: parse error: invalid repetition in series values: strconv.ParseUint: parsing "1.5": invalid syntax',
    ],
    ['a 1x-1', '1:5: parse error: unexpected <op:-> in series values'],
    ['a 1x', '1:5: parse error: unexpected end of input in series values'],
    ['a 1+2', '1:6: parse error: unexpected end of input in series values'],
    ['a 1+x3', '1:5: parse error: unexpected "x" in series values'],
    ['a _x', '1:5: parse error: unexpected end of input in series values'],
    ['a _x-1', '1:5: parse error: unexpected <op:-> in series values'],
    ['a _+1x2', '1:4: parse error: unexpected <op:+>'],
    ['a {{}}+1x2', '1:8: parse error: unexpected number "1" in series values'],
    ['a {{}}+{{}}', '1:12: parse error: unexpected end of input in series values'],
    [
      'a {{schema:1.5}}',
      '1:12: parse error: invalid repetition in series values: strconv.ParseUint: parsing "1.5": invalid syntax',
    ],
    ['a {{sum:+1}}', `1:9: parse error: histogram description incomplete unexpected: '+'`],
    ['a {{schema}}', '1:5: parse error: missing `:` for histogram descriptor'],
    ['a {{schema:1 foo}}', '1:14: parse error: bad histogram descriptor found: "foo"'],
    [
      'a {{schema:1 1}}',
      '1:14: parse error: unexpected number "1" in histogram description, expected histogram description key, e.g. buckets:[5 10 7]',
    ],
    ['a {{buckets:[1 2}}', `1:17: parse error: invalid character in buckets description: '}'`],
    ['a {{buckets:[]}}', '1:14: parse error: unexpected "]" in series values'],
    ['a {{counter_reset_hint:1}}', '1:24: parse error: unexpected number "1" in series values'],
    ['a {{}}{{}}', '1:7: parse error: unexpected "{{"'],
    ['a{b="c"}1 2', '1:9: parse error: unexpected number "1" in series values'],
    ['a{b!="c"} 1 2', '1:4: parse error: unexpected <op:!=> in label set, expected "="'],
    ['a{b=1} 1 2', `1:5: parse error: unexpected character inside braces: '1'`],
    ['a{1} 1 2', `1:3: parse error: unexpected character inside braces: '1'`],
    ['a{b="c",,} 1', '1:9: parse error: unexpected "," in label set, expected identifier or "}"'],
    ['a{,} 1', '1:3: parse error: unexpected "," in label set, expected identifier or "}"'],
    ['a{b} 1', '1:4: parse error: unexpected "}" in label set, expected "="'],
    ['a{"b" 1', `1:7: parse error: unexpected character inside braces: '1'`],
    [
      'a 1e5 1_000 010 08 1e400',
      '1:20: parse error: error parsing number: strconv.ParseFloat: parsing "1e400": value out of range',
    ],
    ['1 2 3', '1:1: parse error: unexpected number "1" in series values'],
    ['(a 1', '1:1: parse error: unexpected "(" in series values'],
    ['a 1)', `1:4: parse error: unexpected character in series sequence: ')'`],
    ['a 1 ,', `1:5: parse error: unexpected character in series sequence: ','`],
    ['a {1', `1:3: parse error: unexpected character in series sequence: '{'`],
    [`a 'x'`, "1:3: parse error: unexpected character in series sequence: '\\''"],
    ['on 1', '1:1: parse error: unexpected <on> in series values'],
    ['inf 1', '1:1: parse error: unexpected number "inf" in series values'],
    [
      'a {{schema:1 sum:1}}+{{schema:-53 custom_values:[1 2]}}x2',
      '1:57: parse error: error combining histograms: cannot merge from schema -53 to 1',
    ],
    [
      'a {{schema:-53 custom_values:[1 2] buckets:[1 2 3]}}+{{schema:0}}x2',
      '1:67: parse error: cannot apply this operation on histograms with a mix of exponential and custom bucket schemas',
    ],
    [
      'a {{schema:1}}+{{schema:0}}x2',
      '1:29: parse error: error combining histograms: cannot merge from schema 0 to 1',
    ],
    ['a{b="c" 1', `1:9: parse error: unexpected character inside braces: '1'`],
    ['a{b=', '1:5: parse error: unexpected end of input inside braces'],
    ['a 1 # x', `1:5: parse error: unexpected character in series sequence: '#'`],
    ['a 1+-2x3', '1:5: parse error: unexpected <op:-> in series values'],
    ['a --1', '1:4: parse error: unexpected <op:-> in series values'],
    [
      'a {{n_buckets:[1] n_offset:-1 z_bucket:1 z_bucket_w:-1}}',
      '1:53: parse error: unexpected <op:-> in histogram description, expected histogram description key, e.g. buckets:[5 10 7]',
    ],
  ])('%j is refused in the words of Prometheus 3.14', (line, message) => {
    expect(() => parseSeriesNotation(line)).toThrow(message)
  })

  it('a line of too many values is refused, not built', () => {
    const line = 'a 1x1000000000000'
    const words = `series of more values than the limit of ${limits.seriesNotationValuesMax}`
    expect(() => parseSeriesNotation(line)).toThrow(words)
  })

  it('junk between buckets is refused, where Prometheus 3.14 reads over it', () => {
    const words = `1:16: parse error: invalid character in buckets description: 'f'`
    expect(() => parseSeriesNotation('a {{buckets:[1 foo 2]}}')).toThrow(words)
    const sign = '1:15: parse error: unexpected <op:-> in bucket list, expected " " or "]"'
    expect(() => parseSeriesNotation('a {{buckets:[1-2]}}')).toThrow(sign)
  })
})

it.each('start end step range max_of min_of sum by offset anchored fill'.split(' '))(
  'a metric may be called as the word %s of the language',
  (name) => {
    const { labels } = parseSeriesNotation(`${name}{end="a",step="b"} 1`)
    expect(labels.toObject()).toEqual({ __name__: name, end: 'a', step: 'b' })
  },
)
