import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { peersAreAbsent } from '../support/peers.ts'
import { promtool } from '../support/promtool.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { checkRulesTool } from './tsdb-tool.ts'

const good = `groups:
- name: g
  rules:
  - {record: a:b, expr: sum(a)}
  - {alert: A, expr: a > 1, for: 5m, labels: {x: y}, annotations: {s: "{{ $value }}"}}
`
const twice = `groups:
- name: g
  labels: {team: t}
  rules:
  - {record: z, expr: a, labels: {x: y}}
  - {record: b, expr: a}
  - {record: z, expr: b, labels: {x: y}}
  - {alert: b, expr: c}
  - {record: z, expr: c, labels: {x: y}}
`
const bad = `groups:
- name: g
  rules:
  - {record: "a b", expr: a, extra: 1}
  - {alert: A, expr: "sum(", annotations: {s: "{{ $x }}"}}
`
const badExpr = `groups:
- name: g
  rules:
  - {alert: A, expr: "sum(", annotations: {s: "{{ $x }}"}}
`
const extra = 'owner: me\ngroups: [{name: g, rules: [{record: r, expr: "1", note: n}]}]\n'
const experimental = 'groups: [{name: g, rules: [{record: r, expr: "limitk(1, a)"}]}]\n'

const files = { good, twice, bad, badExpr, extra, experimental }

function folder(): string {
  const directory = temporaryDirectory()
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
  return directory
}

const all = Object.keys(files)
const questions: readonly (readonly string[])[] = [
  all,
  ['twice', 'good'],
  ['twice', '--lint-fatal'],
  ['twice', '--lint=none', '--lint-fatal'],
  ['twice', '--lint=foo,all', '--lint-fatal'],
  ['extra', '--ignore-unknown-fields'],
  ['experimental', '--enable-feature=promql-experimental-functions'],
]

describe('check rules', () => {
  it('counts rules, tells duplicates as a lint, and exits with 0, 1 and 3', async () => {
    const directory = folder()
    const check = (...names: readonly string[]) =>
      checkRulesTool(names.map((name) => (name.startsWith('-') ? name : join(directory, name))))
    const file = join(directory, 'good')
    const out = `Checking ${file}\n  SUCCESS: 2 rules found\n\n`
    expect(await check('good')).toEqual({ code: 0, out, err: '' })
    expect(await check('twice')).toMatchObject({
      code: 0,
      err: `  FAILED:
lint error 2 duplicate rule(s) found.
Metric: b
Label(s):
\tteam: t
Metric: z
Label(s):
\tteam: t
\tx: y
Might cause inconsistency while recording expressions
`,
    })
    expect((await check('twice', '--lint-fatal')).code).toBe(3)
    expect((await check('twice', 'bad', '--lint-fatal')).code).toBe(1)
    expect((await check('extra')).code).toBe(1)
    expect((await check('extra', '--ignore-unknown-fields')).code).toBe(0)
    expect(await check('absent')).toEqual({
      code: 1,
      out: '',
      err: `narthex: path '${join(directory, 'absent')}' does not exist\n`,
    })
  })

  it('reads the standard input where no file is named', async () => {
    const out = 'Checking standard input\n  SUCCESS: 2 rules found\n\n'
    expect(await checkRulesTool([], good)).toEqual({ code: 0, out, err: '' })
    expect((await checkRulesTool(['--lint-fatal'], twice)).code).toBe(3)
    expect((await checkRulesTool([], bad)).code).toBe(1)
  })

  it.skipIf(peersAreAbsent)("prints what promtool prints, with promtool's exit codes", async () => {
    const directory = folder()
    for (const question of questions) {
      const parameters = question.map((word) =>
        word.startsWith('-') ? word : join(directory, word),
      )
      expect(await checkRulesTool(parameters)).toEqual(
        await promtool(['check', 'rules', ...parameters]),
      )
    }
    for (const text of Object.values(files)) {
      expect(await checkRulesTool([], text)).toEqual(await promtool(['check', 'rules'], text))
    }
  })
})
