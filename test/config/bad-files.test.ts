import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NarthexError } from '../../src/base/errors.ts'
import { loadConfig } from '../../src/config/load.ts'

/** A whole file with a line for each kind of value; the generated ones are this one, broken. */
const lines = [
  'global:',
  '  scrape_interval: 15s',
  '  body_size_limit: 10MB',
  '  external_labels: {a: b}',
  'scrape_configs:',
  '- job_name: one',
  '  honor_labels: true',
  '  params: {m: [a, b]}',
  '  sample_limit: 5',
  '  basic_auth: {username: u, password: p}',
  '  relabel_configs:',
  '  - {source_labels: [a], regex: (.+), target_label: b}',
  '  static_configs:',
  '  - targets: [localhost:9090]',
  '    labels: {c: d}',
]

type Damage = (line: number, key: string) => readonly string[]

const indentOf = (line: string) => /^[- ]*/.exec(line)?.[0].replace('-', ' ') ?? ''

/** Each makes a file that no reader may take. */
const damages: Readonly<Record<string, Damage>> = {
  'an unknown key': (at, key) => lines.toSpliced(at, 1, replaceKey(at, `${key}x`)),
  'a key twice': (at) => lines.toSpliced(at + 1, 0, `${indentOf(line(at))}${bareKey(at)}: x`),
  'a tab before a key': (at) => lines.toSpliced(at, 1, `\t${line(at)}`),
  'an open bracket': (at) => lines.toSpliced(at, 1, `${beforeValue(at)} [a, {b: `),
  'an alias of nothing': (at, key) => lines.toSpliced(at, 1, `${beforeValue(at)} *${key}`),
  'an open quote': (at) => lines.toSpliced(at, 1, `${beforeValue(at)} "a`),
  'a control character': (at) => lines.toSpliced(at, 1, `${line(at)}\u0001`),
}

function line(at: number): string {
  return lines[at] ?? ''
}

function bareKey(at: number): string {
  return (
    line(at)
      .replace(/^[- {]*/, '')
      .split(':')[0] ?? ''
  )
}

function replaceKey(at: number, key: string): string {
  return line(at).replace(bareKey(at), key)
}

function beforeValue(at: number): string {
  return `${indentOf(line(at))}${bareKey(at)}:`
}

function refusal(text: string): string {
  try {
    loadConfig(text, 'prometheus.yml', { environment: {} })
  } catch (thrown) {
    if (thrown instanceof NarthexError) return `${thrown.code} ${thrown.message}`
    throw thrown
  }
  return 'it loads'
}

describe('a file that is no configuration', () => {
  it('the whole one loads', () => {
    expect(refusal(lines.join('\n'))).toBe('it loads')
  })

  it('is refused with a line of the file, however it is broken', () => {
    const damage = fc.constantFrom(...Object.keys(damages))
    const place = fc.nat(lines.length - 1)
    fc.assert(
      fc.property(damage, place, fc.stringMatching(/^[a-z_]{3,12}$/), (name, at, key) => {
        const broken = damages[name]?.(at, key) ?? []
        const refused = refusal(broken.join('\n'))
        expect(refused, broken.join('\n')).toMatch(/^CONFIG_INVALID parsing YAML file/)
        const [, found] = /\(prometheus\.yml:(\d+)[,)]/.exec(refused) ?? []
        expect(Number(found), refused).toBeGreaterThanOrEqual(1)
        expect(Number(found), refused).toBeLessThanOrEqual(broken.length + 1)
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    ['over 10 MiB', `# ${'x'.repeat(10 << 20)}`, /file has \d+ bytes, limit 10485760/],
    ['nested 10,000 deep', '['.repeat(10_000), /nest|depth/i],
    ['nested 10,000 mappings deep', nestedMappings(10_000), /nest|depth/i],
    ['a bomb of aliases', bomb(), /document has more than 1000000 values/],
    ['a list at the top', '- a', /cannot unmarshal !!seq/],
    ['a text at the top', 'a', /cannot unmarshal !!str/],
    ['bytes that are no text', '\ufffe\u0000', /CONFIG_INVALID/],
  ])('%s: refused in under a second', (_name, text, words) => {
    const before = process.cpuUsage()
    expect(refusal(text)).toMatch(words)
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1e6).toBeLessThan(1)
  })
})

function nestedMappings(depth: number): string {
  return Array.from({ length: 200 }, (_, level) => `${' '.repeat(level)}a:`)
    .join('\n')
    .concat(` ${'{a: '.repeat(depth)}`)
}

function bomb(): string {
  const levels = Array.from({ length: 9 }, (_, level) => {
    const refs = Array.from({ length: 10 }, () => `*a${level}`).join(', ')
    return `a${level + 1}: &a${level + 1} [${refs}]`
  })
  return ['a0: &a0 [x]', ...levels].join('\n')
}
