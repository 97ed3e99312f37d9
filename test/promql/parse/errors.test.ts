import { describe, expect, it } from 'vitest'
import { parseExpr } from '../../../src/promql/parse/parse.ts'
import { QueryParseError } from '../../../src/promql/parse/parse-error.ts'
import { defaultParseOptions, type ParseOptions } from '../../../src/promql/parse/parse-options.ts'
import { printExpr } from '../../../src/promql/parse/print.ts'

const everything = {
  experimentalFunctions: true,
  durationExpressions: true,
  extendedRangeSelectors: true,
  binopFillModifiers: true,
}

/** Without duration expressions and fill modifiers. */
const plain = { ...defaultParseOptions, experimentalFunctions: true, durationExpressions: false }

function faultIn(query: string, options: ParseOptions): string {
  try {
    parseExpr(query, options)
  } catch (thrown) {
    if (thrown instanceof QueryParseError) return thrown.message
    throw thrown
  }
  return 'it parses'
}

function firstFault(query: string): readonly [start: number, end: number, message: string] {
  try {
    parseExpr(query, everything)
  } catch (thrown) {
    if (!(thrown instanceof QueryParseError)) throw thrown
    const { start = -1, end = -1 } = thrown.faults[0]?.span ?? {}
    return [start, end, thrown.message]
  }
  throw new Error('it parses')
}

describe('a query that does not parse', () => {
  it.each([
    ['a @ 1 @ 1', 0, 5, '1:1: parse error: @ <timestamp> may not be set multiple times'],
    [
      '".x" @ 0 offset -',
      0,
      4,
      '1:1: parse error: @ modifier must be preceded by an instant vector selector or range vector selector or a subquery',
    ],
    ['0c', 0, 2, '1:1: parse error: bad number or duration syntax: "0"'],
    [
      '"," > 0',
      0,
      3,
      '1:1: parse error: binary expression must contain only scalar and instant vector types',
    ],
    [
      'foo+ bool 10',
      3,
      8,
      '1:4: parse error: bool modifier can only be used on comparison operators',
    ],
    ['1 ==1', 2, 3, '1:3: parse error: comparisons between scalars must use BOOL modifier'],
    ['foo offset (4d/0d)', 14, 15, '1:15: parse error: division by zero'],
    ['foo[-22]', 4, 7, '1:5: parse error: duration must be greater than 0'],
    ['foo[95e10]', 4, 9, '1:5: parse error: duration out of range'],
    [
      '.5.',
      0,
      3,
      '1:1: parse error: error parsing number: strconv.ParseFloat: parsing ".5.": invalid syntax',
    ],
    ['"\\', 0, 2, '1:1: parse error: escape sequence not terminated'],
    ['sort()', 0, 6, '1:1: parse error: expected 1 argument(s) in call to "sort", got 0'],
    ['info()', 0, 6, '1:1: parse error: expected at least 1 argument(s) in call to "info", got 0'],
    [
      'hour(soe_metric, some_metric, some_metric)',
      0,
      42,
      '1:1: parse error: expected at most 1 argument(s) in call to "hour", got 3',
    ],
    [
      'info(metric,  flip {__name__="histogram"})',
      14,
      41,
      '1:15: parse error: expected label selectors only, got vector selector instead',
    ],
    [
      'histogram_sum(sum((incr_sum_histogram[5m])))',
      18,
      42,
      '1:19: parse error: expected type instant vector in aggregation expression, got range vector',
    ],
    [
      'sum(12m)',
      4,
      7,
      '1:5: parse error: expected type instant vector in aggregation expression, got scalar',
    ],
    [
      'SUM(".]*")',
      4,
      9,
      '1:5: parse error: expected type instant vector in aggregation expression, got string',
    ],
    [
      'histogram_count((mixed[10m]))',
      16,
      28,
      '1:17: parse error: expected type instant vector in call to function "histogram_count", got range vector',
    ],
    [
      'minute("+Inf")',
      7,
      13,
      '1:8: parse error: expected type instant vector in call to function "minute", got string',
    ],
    [
      'round(0)',
      6,
      7,
      '1:7: parse error: expected type instant vector in call to function "round", got scalar',
    ],
    [
      'sum_over_time(metric2000ms)',
      14,
      26,
      '1:15: parse error: expected type range vector in call to function "sum_over_time", got instant vector',
    ],
    [
      'topk(some_metric ,other_metric)',
      5,
      16,
      '1:6: parse error: expected type scalar in aggregation parameter, got instant vector',
    ],
    [
      'max_of(aN, 3)',
      7,
      9,
      '1:8: parse error: expected type scalar in call to function "max_of", got instant vector',
    ],
    [
      'max_of("0", 5)',
      7,
      10,
      '1:8: parse error: expected type scalar in call to function "max_of", got string',
    ],
    [
      'count_values(t, verson)',
      13,
      14,
      '1:14: parse error: expected type string in aggregation parameter, got instant vector',
    ],
    [
      'count_values(5, other_metriac)',
      13,
      14,
      '1:14: parse error: expected type string in aggregation parameter, got scalar',
    ],
    [
      'sort_by_label(node_uname_info, le)',
      31,
      33,
      '1:32: parse error: expected type string in call to function "sort_by_label", got instant vector',
    ],
    [
      '6s +fill_left (0) fill_left',
      0,
      27,
      '1:1: parse error: filling in missing series only allowed between instant vectors',
    ],
    ['{"_\\0"="1"}', 1, 11, "1:2: parse error: illegal character U+0022 '\"' in escape sequence"],
    [
      "'\\a\\b\\f\\n\\r\\t\\v\\\\\\' - \\xFF\\37#7\\u1234\\U00010111\\U0001011111☺'",
      0,
      63,
      "1:1: parse error: illegal character U+0023 '#' in escape sequence",
    ],
    [
      "'\\a\\b\\f\\n\\r\\t\\v\\\\\\' - \\xFF\\377\\u1234\\U00010111\\U0001-011111☺'",
      0,
      63,
      "1:1: parse error: illegal character U+002D '-' in escape sequence",
    ],
    ['foo{"ööö"}', 0, 13, '1:1: parse error: metric name must not be set twice: "foo" or "ööö"'],
    ['some_meric @ 1234 [5m]', 18, 22, '1:19: parse error: no @ modifiers allowed before range'],
    ['avg()', 0, 5, '1:1: parse error: no arguments for aggregate expression provided'],
    ['', 0, 0, 'unknown position: parse error: no expression found in input'],
    [
      'foo or on(bar) group_left(baz)bar',
      0,
      33,
      '1:1: parse error: no grouping allowed for "or" operation',
    ],
    [
      'some_mtric offset step()[5m]',
      24,
      28,
      '1:25: parse error: no offset modifiers allowed before range',
    ],
    ['fo[5m1m]', 3, 7, '1:4: parse error: not a valid duration string: "5m1m"'],
    [
      'test{a="b"}[5y] OFFSET 3d OFFSET 3d',
      0,
      25,
      '1:1: parse error: offset may not be set multiple times',
    ],
    [
      '1 offset  1d',
      0,
      1,
      '1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery',
    ],
    ['rate(5[5m])', 6, 10, '1:7: parse error: ranges only allowed for vector selectors'],
    [
      '1 or oo',
      0,
      7,
      '1:1: parse error: set operator "or" not allowed in binary scalar expression',
    ],
    [
      '(fo + bar{nm="val"})[5m:][10m:5s]',
      0,
      33,
      '1:1: parse error: subquery is only allowed on instant vector, got matrix instead',
    ],
    [
      '3002ms[5m:11]',
      0,
      13,
      '1:1: parse error: subquery is only allowed on instant vector, got scalar instead',
    ],
    [
      'foo @ -9223372036854775808.00000',
      0,
      3,
      '1:1: parse error: timestamp out of bounds for @ modifier: -9223372036854775808.000000',
    ],
    ['foo@  -Inf', 0, 3, '1:1: parse error: timestamp out of bounds for @ modifier: -Inf'],
    [
      'foo @ 9223372036854775808.000000',
      0,
      3,
      '1:1: parse error: timestamp out of bounds for @ modifier: 9223372036854775808.000000',
    ],
    ['min_of(0, )', 8, 9, '1:9: parse error: trailing commas not allowed in function call args'],
    [
      '(- ".*" )',
      1,
      7,
      '1:2: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "string"',
    ],
    ['1[+1', 4, 4, '1:5: parse error: unclosed left bracket'],
    ['(', 1, 1, '1:2: parse error: unclosed left parenthesis'],
    [
      'foo / on(("äää") bar',
      9,
      10,
      '1:10: parse error: unexpected "(" in grouping opts, expected label',
    ],
    ['group(metric-)', 13, 14, '1:14: parse error: unexpected ")" in aggregation'],
    [
      'foo offset +()',
      13,
      14,
      '1:14: parse error: unexpected ")" in offset, expected number, duration, step(), or range()',
    ],
    [
      'rate(foo[5m)',
      11,
      12,
      '1:12: parse error: unexpected ")" in subquery or range, expected ":" or "]"',
    ],
    [
      'sum_over_time(histogram_sum_over_time[4m:1m)',
      43,
      44,
      '1:44: parse error: unexpected ")" in subquery selector, expected "]"',
    ],
    ['=', 0, 1, '1:1: parse error: unexpected "="'],
    [
      '{"_0"="1"="1"}',
      9,
      10,
      '1:10: parse error: unexpected "=" in label matching, expected "," or "}"',
    ],
    [
      '{=x""}',
      1,
      2,
      '1:2: parse error: unexpected "=" in label matching, expected identifier or "}"',
    ],
    [
      'foo[]',
      4,
      5,
      '1:5: parse error: unexpected "]" in subquery or range selector, expected number, duration, step(), or range()',
    ],
    [
      'stddev by{ (label) (series)',
      9,
      10,
      '1:10: parse error: unexpected "{" in grouping opts, expected "("',
    ],
    [
      'a[1h:{5m] offset 1m',
      5,
      6,
      '1:6: parse error: unexpected "{" in subquery selector, expected number, duration, step(), range(), or "]"',
    ],
    [
      '{foo1}',
      5,
      6,
      '1:6: parse error: unexpected "}" in label matching, expected label matching operator',
    ],
    ['{x!=}"a"', 4, 5, '1:5: parse error: unexpected "}" in label matching, expected string'],
    [
      'a - on(b- on(b) c',
      8,
      9,
      '1:9: parse error: unexpected <op:-> in grouping opts, expected "," or ")"',
    ],
    [
      'a - on(group_left b) c',
      18,
      19,
      '1:19: parse error: unexpected identifier "b" in grouping opts, expected "," or ")"',
    ],
    [' >/ 5', 1, 3, '1:2: parse error: unexpected <op:>/>'],
    [' >= 80', 1, 3, '1:2: parse error: unexpected <op:>=>'],
    [' > 1d', 1, 2, '1:2: parse error: unexpected <op:>>'],
    [
      'cbh >/ ignoring > 13',
      16,
      17,
      '1:17: parse error: unexpected <op:>> in grouping opts, expected "("',
    ],
    [
      'random + on(>) metricA',
      12,
      13,
      '1:13: parse error: unexpected <op:>> in grouping opts, expected label',
    ],
    ['a @ @', 4, 5, '1:5: parse error: unexpected <op:@> in @, expected timestamp'],
    ['a{!b~"c"}[1m]', 2, 13, "1:3: parse error: unexpected character after '!' inside braces: 'b'"],
    ['1 ! 1', 2, 5, "1:3: parse error: unexpected character after '!': ' '"],
    [
      'topk by (instance) (1, __name__=~"http_requests(_histogram)?"})',
      31,
      63,
      "1:32: parse error: unexpected character after '=': '~'",
    ],
    ['foo[-s', 5, 6, "1:6: parse error: unexpected character in duration expression: 's'"],
    ['{[]', 1, 3, "1:2: parse error: unexpected character inside braces: '['"],
    ['.', 0, 1, "1:1: parse error: unexpected character: '.'"],
    ['foo[4s+4s:4s:1s*2] offset (5s-8)', 12, 32, "1:13: parse error: unexpected colon ':'"],
    [
      'foo[:1m1]',
      5,
      9,
      '1:6: parse error: unexpected colon before duration in duration expression',
    ],
    [' offset 1d', 8, 10, '1:9: parse error: unexpected duration "1d"'],
    [
      'foo[9. 1h 5e1070',
      7,
      9,
      '1:8: parse error: unexpected duration "1h" in subquery or range, expected ":" or "]"',
    ],
    [
      'count_over_tme(metric1_total[range(1m30s])',
      35,
      40,
      '1:36: parse error: unexpected duration "1m30s" in subquery or range selector, expected number, duration, step(), or range()',
    ],
    [
      'foo offset -(step() 2m )',
      20,
      22,
      '1:21: parse error: unexpected duration "2m" in offset, expected number, duration, step(), or range()',
    ],
    [
      'AVG(http_requests) BY ( 4s180m',
      24,
      30,
      '1:25: parse error: unexpected duration "4s180m" in grouping opts, expected label',
    ],
    [
      'http_requests_total AND ON 5d  (dummy) vector(1)',
      27,
      29,
      '1:28: parse error: unexpected duration "5d" in grouping opts, expected "("',
    ],
    [
      'a[1h:5m 600s ] offset 1m',
      8,
      12,
      '1:9: parse error: unexpected duration "600s" in subquery selector, expected "]"',
    ],
    [
      'avg(data 90m {test="inf"})',
      9,
      12,
      '1:10: parse error: unexpected duration "90m" in aggregation',
    ],
    ['+', 1, 1, '1:2: parse error: unexpected end of input'],
    ['foo@', 4, 4, '1:5: parse error: unexpected end of input in @, expected timestamp'],
    ['sum by(job,foo) #', 17, 17, '1:18: parse error: unexpected end of input in aggregation'],
    ['foo[', 4, 4, '1:5: parse error: unexpected end of input in duration expression'],
    ['sum by', 6, 6, '1:7: parse error: unexpected end of input in grouping opts, expected "("'],
    [
      'foo offset',
      10,
      10,
      '1:11: parse error: unexpected end of input in offset, expected number, duration, step(), or range()',
    ],
    ['{', 1, 1, '1:2: parse error: unexpected end of input inside braces'],
    [
      'foo{a="b"a>="b"}',
      9,
      10,
      '1:10: parse error: unexpected identifier "a" in label matching, expected "," or "}"',
    ],
    [
      'a - on( info b) c',
      13,
      14,
      '1:14: parse error: unexpected identifier "b" in grouping opts, expected "," or ")"',
    ],
    [
      '{job=c} == 80',
      5,
      6,
      '1:6: parse error: unexpected identifier "c" in label matching, expected string',
    ],
    [
      'sum by foo)(some_metric)',
      7,
      10,
      '1:8: parse error: unexpected identifier "foo" in grouping opts, expected "("',
    ],
    [
      '{__na me',
      6,
      8,
      '1:7: parse error: unexpected identifier "me" in label matching, expected label matching operator',
    ],
    ['a s', 2, 3, '1:3: parse error: unexpected identifier "s"'],
    ['a @ star()', 4, 8, '1:5: parse error: unexpected identifier "star" in @, expected timestamp'],
    [
      'foo offset -ste',
      12,
      15,
      '1:13: parse error: unexpected identifier "ste" in offset, expected number, duration, step(), or range()',
    ],
    ['sum(sum with', 8, 12, '1:9: parse error: unexpected identifier "with" in aggregation'],
    ['{{', 1, 2, "1:2: parse error: unexpected left brace '{'"],
    ['foo[5s[5s%%0d]', 6, 14, "1:7: parse error: unexpected left bracket '['"],
    ['foo[10m:]:]', 9, 10, '1:10: parse error: unexpected metric identifier ":"'],
    [
      'absent(sum(1:048576))',
      12,
      19,
      '1:13: parse error: unexpected metric identifier ":048576" in aggregation',
    ],
    [
      'metric1_total offset -min_of(step(), 1:s)^0',
      38,
      40,
      '1:39: parse error: unexpected metric identifier ":s" in offset, expected number, duration, step(), or range()',
    ],
    [
      'requests + on(status) group_left (0) limits',
      34,
      35,
      '1:35: parse error: unexpected number "0" in grouping opts, expected label',
    ],
    [
      'a @ end( 001 )',
      9,
      12,
      '1:10: parse error: unexpected number "001" in @, expected timestamp',
    ],
    ['a  1', 3, 4, '1:4: parse error: unexpected number "1"'],
    [
      'foo offset step(1111111',
      16,
      23,
      '1:17: parse error: unexpected number "1111111" in offset, expected number, duration, step(), or range()',
    ],
    [
      'stddev by 12  ()label (series)',
      10,
      12,
      '1:11: parse error: unexpected number "12" in grouping opts, expected "("',
    ],
    ['limitk( group 3, metric)', 14, 15, '1:15: parse error: unexpected number "3" in aggregation'],
    [
      'avg_over_time(histogram_sum_over_time_incremental[8m:1m 3333 ])',
      56,
      60,
      '1:57: parse error: unexpected number "3333" in subquery selector, expected "]"',
    ],
    [
      'a{b!~"c"}[1m 400 ]',
      13,
      16,
      '1:14: parse error: unexpected number "400" in subquery or range, expected ":" or "]"',
    ],
    [
      'foo[max_of(range70),5s)]',
      16,
      18,
      '1:17: parse error: unexpected number "70" in subquery or range selector, expected number, duration, step(), or range()',
    ],
    [
      'SUM({__unit__="request"}) BY (job 80 )',
      34,
      36,
      '1:35: parse error: unexpected number "80" in grouping opts, expected "," or ")"',
    ],
    ['n]an', 1, 4, "1:2: parse error: unexpected right bracket ']'"],
    [')', 1, 1, "1:2: parse error: unexpected right parenthesis ')'"],
    [
      'avg_over_time(mixed[3m"/b")',
      22,
      26,
      '1:23: parse error: unexpected string "\\"/b\\"" in subquery or range, expected ":" or "]"',
    ],
    [
      'MIN(http_requests) BY (job "/g". )',
      27,
      31,
      '1:28: parse error: unexpected string "\\"/g\\"" in grouping opts, expected "," or ")"',
    ],
    [
      'foo[11s+10s-5* "100% NaNs" 2^2]',
      15,
      26,
      '1:16: parse error: unexpected string "\\"100% NaNs"... in subquery or range selector, expected number, duration, step(), or range()',
    ],
    [' 5y ""', 4, 6, '1:5: parse error: unexpected string "\\"\\""'],
    [
      '{foo"a"=}',
      4,
      7,
      '1:5: parse error: unexpected string "\\"a\\"" in label matching, expected label matching operator',
    ],
    [
      'foo{__name__="bar""bar"',
      18,
      23,
      '1:19: parse error: unexpected string "\\"bar\\"" in label matching, expected "," or "}"',
    ],
    [
      'avg(data"bigzero"t',
      8,
      17,
      '1:9: parse error: unexpected string "\\"bigzero\\"" in aggregation',
    ],
    [
      'max_over_time({__name__="up"}[1h:1m"info_metric" @ 1111111)',
      35,
      48,
      '1:36: parse error: unexpected string "\\"info_metr"... in subquery selector, expected "]"',
    ],
    [
      'foo @ "s"  +Inf',
      6,
      9,
      '1:7: parse error: unexpected string "\\"s\\"" in @, expected timestamp',
    ],
    [
      'foo offset range("start"',
      17,
      24,
      '1:18: parse error: unexpected string "\\"start\\"" in offset, expected number, duration, step(), or range()',
    ],
    [
      'sum without"äää") (foo)',
      11,
      19,
      '1:12: parse error: unexpected string "\\"äää\\"" in grouping opts, expected "("',
    ],
    [
      "'single-quoted string \\/' with escaped quote'",
      0,
      45,
      "1:1: parse error: unknown escape sequence U+002F '/'",
    ],
    [
      "{'foo\\:bar', 'a\\\\dos\\\\path'='boo\\\\urns'}",
      1,
      40,
      "1:2: parse error: unknown escape sequence U+003A ':'",
    ],
    ['foo{NaN= "\\c" \'bc\'}', 9, 19, "1:10: parse error: unknown escape sequence U+0063 'c'"],
    [
      'first_over_time({__name__=~"data(_histogram|_spars\\e|_empty)?"}[2m])',
      27,
      68,
      "1:28: parse error: unknown escape sequence U+0065 'e'",
    ],
    ['l()', 0, 1, '1:1: parse error: unknown function with name "l"'],
    ['foo[5ss5s ]', 4, 9, '1:5: parse error: unknown unit "ss" in duration "5ss5s"'],
    ['"', 0, 1, '1:1: parse error: unterminated quoted string'],
    ['`cb', 0, 3, '1:1: parse error: unterminated raw string'],
    [
      'node_role * ignoring (role) group_right (role) 0',
      0,
      48,
      '1:1: parse error: vector matching only allowed between instant vectors',
    ],
    [
      'topk("cpu")',
      0,
      11,
      '1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1',
    ],
  ])('%j has the place and the words of Prometheus 3.14', (query, start, end, message) => {
    expect(firstFault(query)).toEqual([start, end, message])
  })

  it.each([
    ['rate(foo[2*1h', '1:14: parse error: unclosed left parenthesis'],
    ['foo[11s+10s-x]', '1:5: parse error: experimental duration expression is not enabled'],
    ['foo[11s+10s-*2]', '1:5: parse error: experimental duration expression is not enabled'],
    ['foo[-2::]', '1:5: parse error: duration must be greater than 0'],
    ['sum(foo[-5m)', '1:9: parse error: duration must be greater than 0'],
    ['foo[min_of(1m, 2m)]', '1:12: parse error: experimental duration expression is not enabled'],
    [
      'foo offset max_of(1m, 2m)',
      '1:19: parse error: experimental duration expression is not enabled',
    ],
    ['foo offset+Inf', '1:11: parse error: duration out of range'],
    ['a + fill(0) b -', '1:1: parse error: binop fill modifiers are experimental and not enabled'],
    ['a + fill(0) b }', "1:15: parse error: unexpected character: '}'"],
    ['info(1, sum(a))', '1:9: parse error: expected label selectors only'],
    [
      'info(0, a[2m])',
      '1:1: parse error: expected type instant vector in call to function "info", got range vector',
    ],
    [
      'info(rate({}[5m]), a)',
      expect.stringContaining('1:20: parse error: expected label selectors'),
    ],
  ])('%j has the fault first that Prometheus 3.14 finds first', (query, message) => {
    expect(faultIn(query, plain)).toEqual(message)
  })

  it.each(['0_', '0._1', '0x_', '0x8000000000000000', '0xffffffffffffffff', '.5.'])(
    '%s is no number',
    (text) => {
      const problem = `strconv.ParseFloat: parsing "${text}": invalid syntax`
      expect(faultIn(`${text} `, everything)).toContain(problem)
    },
  )
})

describe('a number', () => {
  it.each([
    ['1_000.5', 1000.5],
    ['0_7', 7],
    ['010', 8],
    ['08', 8],
    ['0x_f', 15],
    ['0777777777777777777777777', 7.777777777777778e23],
    ['0x7fffffffffffffff', 2 ** 63],
    ['1_0e1_0', 1e11],
  ])('%s is %d: an integer as Go writes it where it can be one', (text, value) => {
    expect(parseExpr(text)).toMatchObject({ kind: 'number', value })
  })

  it.each([
    ['2002ms', '2s1ms'],
    ['32001ms', '32s'],
    ['foo[4.0118]', 'foo[4s11ms]'],
    ['foo offset -4.0118', 'foo offset -4s11ms'],
  ])(
    'of seconds is cut to milliseconds as upstream cuts it: %s is printed as %s',
    (text, printed) => {
      expect(printExpr(parseExpr(text))).toBe(printed)
    },
  )
})
