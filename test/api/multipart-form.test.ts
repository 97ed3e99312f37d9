import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isMultipartForm, parseMultipartForm } from '../../src/api/multipart-form.ts'

const contentType = 'multipart/form-data; boundary=b'

function entries(text: string, type = contentType): object {
  return Object.fromEntries(parseMultipartForm(Buffer.from(text), type))
}

const field = (name: string, value: string) =>
  `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`

describe('a form of parts', () => {
  // What Go's ParseMultipartForm makes of the same bodies.
  it.each([
    ['two of one name', `${field('q', '1+1')}${field('q', '2')}--b--\r\n`, { q: ['1+1', '2'] }],
    [
      'lines that end with LF alone',
      '--b\nContent-Disposition: form-data; name=q\n\n1\n--b--',
      { q: ['1'] },
    ],
    [
      'text before it',
      `before\r\n--b \r\ncontent-disposition: form-data; name=q\r\n\r\n--bx\r\n--b--`,
      { q: ['--bx'] },
    ],
    ['a delimiter with more behind it', `${field('q', '--b\t--b')}--b--`, {}],
    ['no end', field('q', '1'), {}],
    [
      'a part that ends where it begins',
      '--b\r\nContent-Disposition: form-data; name=q\r\n\r\n--b--\r\n',
      { q: [''] },
    ],
    ['an empty part', `${field('q', '')}--b--\r\n`, { q: [''] }],
    [
      'a file',
      `--b\r\nContent-Disposition: form-data; name=q; filename=x\r\n\r\n1\r\n${field('r', '2')}--b--\r\n`,
      { r: ['2'] },
    ],
    [
      'a part that is no field',
      `--b\r\nContent-Disposition: attachment; name=q\r\n\r\n1\r\n--b--\r\n`,
      {},
    ],
    [
      'quoted-printable text',
      '--b\r\nContent-Disposition: form-data; name=q\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n1=2B=\r\n1\r\n--b--\r\n',
      { q: ['1+1'] },
    ],
    ['rubbish behind the end', `${field('q', '1')}--b--x\r\n--b--\r\n`, {}],
    ['a header without a colon', '--b\r\nContent-Disposition form-data\r\n\r\n1\r\n--b--\r\n', {}],
    ['letters beyond ASCII', `${field('é', 'é')}--b--\r\n`, { é: ['é'] }],
    ['a part without headers', '--b\r\n\r\n1\r\n--b--\r\n', {}],
    ['nothing', '', {}],
    ['an end alone', '--b--\r\n', {}],
    ['LF in a value of lines with CRLF', `${field('q', '1\n--b')}--b--\r\n`, { q: ['1\n--b'] }],
  ])('with %s is read as Go reads it', (_what, text, expected) => {
    expect(entries(text)).toEqual(expected)
  })

  it('a boundary may stand in quotes; without one there are no fields', () => {
    const text = `${field('q', '1')}--b--\r\n`
    expect(entries(text, 'multipart/form-data; charset=utf-8; boundary="b"')).toEqual({ q: ['1'] })
    expect(entries(text, 'multipart/form-data; charset=utf-8')).toEqual({})
    expect(
      ['multipart/form-data', 'multipart/mixed; boundary=b', undefined].map(isMultipartForm),
    ).toEqual([false, false, false])
  })

  it('of more than a thousand parts nothing is read', () => {
    const text = (parts: number) => `${field('q', '1').repeat(parts)}--b--\r\n`
    expect(parseMultipartForm(Buffer.from(text(1_000)), contentType).get('q')).toHaveLength(1_000)
    expect(entries(text(1_001))).toEqual({})
  })

  it('any values come back, and no bytes throw or take long', () => {
    const value = fc.string().filter((text) => !text.includes('--b'))
    fc.assert(
      fc.property(fc.array(value, { maxLength: 5 }), (values) => {
        const text = `${values.map((one) => field('q', one)).join('')}--b--`
        expect(entries(text)).toEqual(values.length === 0 ? {} : { q: values })
      }),
    )
    const pieces = fc.constantFrom('--b', '\r\n', '\n', '--', ' ', ':', '"', ';', 'name=', 'x')
    fc.assert(
      fc.property(fc.array(pieces), (parts) => {
        expect(() => entries(parts.join(''))).not.toThrow()
      }),
    )
    const blanks = `--b\r\n${' '.repeat(1 << 20)}`
    const startedMs = performance.now()
    entries(blanks)
    entries(`${field('q', blanks)}${field('q', '\n'.repeat(1 << 20))}`)
    expect(performance.now() - startedMs).toBeLessThan(1_000)
  })
})
