import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const text = readFileSync(join(import.meta.dirname, '..', '..', 'CHANGELOG.md'), 'utf8')
const [, ...entries] = text.split(/\n(?=- )/)

describe('the change log', () => {
  it('has a tag before every entry', () => {
    const tagged = /^- (SECURITY|CHANGE|FEATURE|PERF|BUGFIX) \S/
    expect(entries.filter((entry) => !tagged.test(entry))).toEqual([])
  })

  it('has no entry twice', () => {
    const words = entries.map((entry) => entry.replace(/\s+/g, ' ').trim())
    expect(words.filter((entry, index) => words.indexOf(entry) < index)).toEqual([])
  })
})
