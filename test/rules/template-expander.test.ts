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

const rows: readonly Row[] = JSON.parse(
  readFileSync(new URL('golden/text-template.json', import.meta.url), 'utf8'),
)

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

describe("Go's text/template", () => {
  it.each(rows)('$template gives what Go gives', async ({ template, output = '', error }) => {
    const found = await expand(template)
    const words = found.replace(/^error (?:parsing|executing) template test: /, '')
    expect(words).toBe(error ?? output)
  })
})
