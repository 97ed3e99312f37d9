import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formFault, parseForm } from '../../src/api/form.ts'
import { Parameters } from '../../src/api/parameters.ts'
import { limits } from '../../src/base/limits.ts'

function entries(text: string): object {
  return Object.fromEntries(parseForm(text))
}

describe('reading a form', () => {
  it.each([
    ['', {}],
    ['a=1&b=2&a=3', { a: ['1', '3'], b: ['2'] }],
    ['match[]=up%7Ba%3D%22b%22%7D', { 'match[]': ['up{a="b"}'] }],
    ['query=a+b%2Bc', { query: ['a b+c'] }],
    ['a&b=&=c', { a: [''], b: [''], '': ['c'] }],
    ['&&a=1&', { a: ['1'] }],
    ['a=b=c', { a: ['b=c'] }],
    ['query=%C3%A9', { query: ['é'] }],
    ['query=%ff%41', { query: ['\udcffA'] }],
    ['__proto__=1', Object.fromEntries([['__proto__', ['1']]])],
  ])('%s is read', (text, expected) => {
    expect(entries(text)).toEqual(expected)
  })

  it.each([
    ['a=%zz&b=1', 'invalid URL escape "%zz"'],
    ['a=%4&b=1', 'invalid URL escape "%4"'],
    ['%=1&b=1', 'invalid URL escape "%"'],
    ['a=1;c=2&b=1', 'invalid semicolon separator in query'],
    ['a;=1&b=1', 'invalid semicolon separator in query'],
  ])(
    'as Go does, the broken pair of %s is left out and the other stays; what asks for all says %s',
    (text, fault) => {
      expect(entries(text)).toEqual({ b: ['1'] })
      const parameters = new Parameters(parseForm(''), parseForm(text), ['', text])
      expect(() => parameters.requireWhole()).toThrow(`error parsing form values: ${fault}`)
      expect(formFault('b=1')).toBeUndefined()
    },
  )

  it('reads back whatever URLSearchParams wrote', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.string({ unit: 'grapheme', minLength: 1 }),
            fc.string({ unit: 'grapheme-composite' }),
          ),
        ),
        (pairs) => {
          const written = new URLSearchParams(pairs)
          const read = parseForm(written.toString())
          for (const name of written.keys()) expect(read.get(name)).toEqual(written.getAll(name))
          expect(read.size).toBe(new Set(written.keys()).size)
        },
      ),
    )
  })

  it('more parameters than the limit are refused', () => {
    const most = limits.httpParametersMax
    expect(parseForm('a=1&'.repeat(most)).get('a')).toHaveLength(most)
    expect(() => parseForm('a=1&'.repeat(most + 1))).toThrow(`more than ${most} parameters`)
  })
})

describe('parameters of a request', () => {
  it('those of the form come before those of the URL', () => {
    const parameters = new Parameters(parseForm('a=form&b=form'), parseForm('a=url&c=url'))
    expect(['a', 'b', 'c', 'd'].map((name) => parameters.text(name))).toEqual([
      'form',
      'form',
      'url',
      '',
    ])
    expect(parameters.all('a')).toEqual(['form', 'url'])
  })

  it.each([
    ['', 0],
    ['0', 0],
    ['7', 7],
    ['+7', 7],
    ['-0', 0],
    ['9223372036854775807', 2 ** 63],
  ])('the limit %j is %d', (text, limit) => {
    expect(limitOf(text)).toBe(limit)
  })

  it.each([
    ['x', 'invalid parameter "limit": strconv.Atoi: parsing "x": invalid syntax'],
    ['1.5', 'invalid parameter "limit": strconv.Atoi: parsing "1.5": invalid syntax'],
    ['-1', 'invalid parameter "limit": limit must be non-negative'],
    [
      '9223372036854775808',
      'invalid parameter "limit": strconv.Atoi: parsing "9223372036854775808": value out of range',
    ],
  ])('the limit %j is an error', (text, words) => {
    expect(() => limitOf(text)).toThrow(words)
  })
})

function limitOf(text: string): number {
  return new Parameters(parseForm(`limit=${encodeURIComponent(text)}`), new Map()).limit()
}
