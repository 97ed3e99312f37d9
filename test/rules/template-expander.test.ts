import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { expansionOf, Template } from '../../src/rules/template-expander.ts'
import { GoList, GoMap, type GoValue, goSample } from '../../src/rules/template-values.ts'

interface Row {
  readonly template: string
  readonly output?: string
  readonly error?: string
}

function rowsOf(file: string): readonly Row[] {
  return JSON.parse(readFileSync(new URL(`golden/${file}`, import.meta.url), 'utf8'))
}

const data: GoValue = new GoMap(
  'interface {}',
  new Map<string, GoValue>([
    [
      'Labels',
      new GoMap(
        'string',
        new Map([
          ['job', 'x'],
          ['a', '1'],
        ]),
      ),
    ],
    ['Value', 1.5],
    ['L', new GoList('[]string', ['p', 'q'])],
  ]),
)

async function expand(text: string): Promise<string> {
  const answer = await expansionOf('test', () =>
    new Template('test', text).expand(data, {
      clock: systemClock,
      endMs: systemClock.monotonicMs() + 10_000,
      timeMs: 0,
      externalUrl: '',
      query: async () => new GoList('template.queryResult', [goSample([['a', 'b']], 1.5)]),
    }),
  )
  return answer.ok ? answer.text : answer.error
}

async function expectRow({ template, output = '', error }: Row): Promise<void> {
  const found = await expand(template)
  const words = found.replace(/^error (?:parsing|executing) template test: /, '')
  expect(words).toBe(error ?? output)
}

describe("Go's text/template", () => {
  it.each(rowsOf('text-template.json'))('$template gives what Go gives', expectRow)
})

describe('a time in a template', () => {
  it.each(rowsOf('template-times.json'))('$template gives what Go gives', expectRow)
})

describe('a number formatter', () => {
  it.each(rowsOf('formatters.json'))('$template gives what Prometheus gives', expectRow)
})
