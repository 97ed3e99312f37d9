import { describe, expect, it } from 'vitest'
import { filesMatching, isGlob } from '../../src/config/glob.ts'
import { SimFileSystem } from '../sim/sim-file-system.ts'

const names = 'a.yml abc ayyb b.yml c.yml *x ax ]x -x [x éx é ab !a.yml xyz cx'.split(' ')

function filled(paths: readonly string[]): SimFileSystem {
  const fs = new SimFileSystem()
  fs.makeDirectory('/d')
  for (const path of paths) fs.writeFile(path, new Uint8Array())
  return fs
}

/** What Go's filepath.Match says of the names; undefined where it is no pattern. */
const facts: readonly (readonly [pattern: string, matching: readonly string[] | undefined])[] = [
  ['*.yml', ['a.yml', 'b.yml', 'c.yml', '!a.yml']],
  ['a*', ['a.yml', 'abc', 'ayyb', 'ax', 'ab']],
  ['*a*y*', ['a.yml', 'ayyb', '!a.yml']],
  ['a*bc', ['abc']],
  ['ab*bc', []],
  ['b*', ['b.yml']],
  ['a*y*y*b', ['ayyb']],
  ['?.yml', ['a.yml', 'b.yml', 'c.yml']],
  ['??yml', ['a.yml', 'b.yml', 'c.yml']],
  ['[ab].yml', ['a.yml', 'b.yml']],
  ['[^ab].yml', ['c.yml']],
  ['[a-c]*', ['a.yml', 'abc', 'ayyb', 'b.yml', 'c.yml', 'ax', 'ab', 'cx']],
  ['[^a-c]*', ['*x', ']x', '-x', '[x', 'éx', 'é', '!a.yml', 'xyz']],
  ['[!a]*', ['a.yml', 'abc', 'ayyb', 'ax', 'ab', '!a.yml']],
  ['[]a]x', undefined],
  ['[-a]x', undefined],
  ['[a-]x', undefined],
  ['[a', undefined],
  ['\\*x', ['*x']],
  ['a\\', undefined],
  ['[\\]a]x', ['ax', ']x']],
  ['[\\-a]x', ['ax', '-x']],
  ['[a-b-c]x', undefined],
  ['a**b', ['ayyb', 'ab']],
  ['[]', undefined],
  ['[^]', undefined],
  ['[^]a]', undefined],
  ['é?', ['éx']],
  ['[à-ü]x', ['éx']],
  ['\\[x', ['[x']],
  ['[[]x', ['[x']],
  ['a[', undefined],
  ['[x-]', undefined],
  ['[c-a]x', []],
  ['?', ['é']],
  [
    '*',
    [
      'a.yml',
      'abc',
      'ayyb',
      'b.yml',
      'c.yml',
      '*x',
      'ax',
      ']x',
      '-x',
      '[x',
      'éx',
      'é',
      'ab',
      '!a.yml',
      'xyz',
      'cx',
    ],
  ],
]

describe('patterns of files', () => {
  it.each(facts)('%s names what it names in Go', (pattern, matching) => {
    const fs = filled(names.map((name) => `/d/${name}`))
    expect(isGlob(`/d/${pattern}`)).toBe(matching !== undefined)
    if (matching === undefined) {
      expect(() => filesMatching(fs, `/d/${pattern}`)).toThrow(
        `error retrieving files for ${JSON.stringify(`/d/${pattern}`)}: syntax error in pattern`,
      )
      return
    }
    const paths = matching.map((name) => Buffer.from(`/d/${name}`)).sort(Buffer.compare)
    expect(filesMatching(fs, `/d/${pattern}`)).toEqual(paths.map(String))
  })

  it('may be folders, too; folders that match the last part are no files', () => {
    const fs = new SimFileSystem()
    for (const folder of ['/r', '/r/one', '/r/two', '/r/x', '/r/one/c.yml'])
      fs.makeDirectory(folder)
    for (const file of ['one/a.yml', 'two/b.yml', 'two/a.yml', 'x/a.yml', 'o']) {
      fs.writeFile(`/r/${file}`, new Uint8Array())
    }
    expect(filesMatching(fs, '/r/[ot]*/?.yml')).toEqual([
      '/r/one/a.yml',
      '/r/two/a.yml',
      '/r/two/b.yml',
    ])
    expect(filesMatching(fs, '/none/*/a.yml')).toEqual([])
    expect(filesMatching(fs, '/r/x/a.yml')).toEqual(['/r/x/a.yml'])
    expect(filesMatching(fs, '/r/x/b.yml')).toEqual([])
  })

  it('with many stars take no longer for a name that nearly matches', () => {
    const fs = filled([`/d/${'a'.repeat(200)}`])
    expect(filesMatching(fs, `/d/${'*a'.repeat(100)}*b`)).toEqual([])
  })
})
