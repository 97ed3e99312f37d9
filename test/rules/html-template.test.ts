import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { limits } from '../../src/base/limits.ts'
import { HtmlTemplates } from '../../src/rules/html-template/html-templates.ts'
import { TemplateSyntaxError } from '../../src/rules/template-parser.ts'
import {
  GoDuration,
  GoList,
  GoMap,
  GoTime,
  type GoValue,
  queryResultType,
} from '../../src/rules/template-values.ts'

/** What Go 1.26 made of these templates and of the data below. */
interface Row {
  readonly template: string
  readonly libs?: readonly (readonly [name: string, text: string])[]
  readonly output?: string
  readonly error?: string
}

const rows: readonly Row[] = JSON.parse(
  readFileSync(new URL('golden/html-template.json', import.meta.url), 'utf8'),
)

function texts(...items: readonly string[]): GoList {
  return new GoList('[]string', items)
}

const pairs = new Map([
  ['k<', 'v"'],
  ['a', '1'],
])
const lists = new Map([
  ['a', texts('1', '2')],
  ['b', texts('<x>')],
])

const data: GoValue = new GoMap(
  'interface {}',
  new Map<string, GoValue>([
    ['S', `<a href="x">O'Reilly & "co" +1=2</a>`],
    ['URL', 'http://x/?a=b c&d=é#f'],
    ['Bad', 'javascript:alert(1)'],
    ['N', 1.5],
    ['I', 42n],
    ['T', true],
    ['E', ''],
    ['Nil', undefined],
    ['JS', `</script><!-- '"\`$${'{x}'}\\ \u2028/`],
    ['CSS', 'expression(alert(1))'],
    ['Color', '#ff0000'],
    ['Name', 'Title'],
    ['On', 'onclick'],
    ['L', texts('a<', "b'")],
    ['M', new GoMap('string', pairs)],
    ['NaN', Number.NaN],
    ['Inf', Number.POSITIVE_INFINITY],
    ['NegZ', -0],
    ['Big', 1e21],
    ['Small', 1e-7],
    ['Raw', new GoMap('interface {}', lists)],
    ['Dur', new GoDuration(90_000_000_000n)],
    ['Time', new GoTime(BigInt(Date.UTC(2024, 1, 3, 4, 5, 6, 120)) * 1_000_000n)],
    ['Srcset', 'a.png 2x, javascript:x 1x, b c.png'],
    ['Nul', 'a\0b\t\v'],
    ['HTML', "<b>&amp;x</b> <i title='a>b'>y</i>"],
    ['U', '\ufdd0x\ufffe'],
  ]),
)

async function expand(
  text: string,
  libs: Row['libs'] = [],
  { clock = systemClock, endMs = Number.POSITIVE_INFINITY } = {},
): Promise<string> {
  try {
    const templates = new HtmlTemplates({ name: 't', text })
    for (const [name, library] of libs) templates.add({ name, text: library })
    const query = async () => new GoList(queryResultType, [])
    const options = { clock, endMs, timeMs: 0, externalUrl: '', query }
    const answer = await templates.expand(data, options)
    return answer.ok ? answer.text : answer.error.replace('error executing template t: ', '')
  } catch (thrown) {
    if (!(thrown instanceof TemplateSyntaxError)) throw thrown
    return `parse: ${thrown.message}`
  }
}

describe("Go's html/template", () => {
  it.each(rows)('$template gives what Go gives', async ({ template, libs, output, error }) => {
    expect(await expand(template, libs)).toBe(error ?? output)
  })
})

describe('a page that does not end', () => {
  it.each([
    ['templates that call each other', '{{define "a"}}x{{template "a"}}{{end}}{{template "a"}}'],
    ['by a name that is computed', '{{define "a"}}x{{tmpl "a" .}}{{end}}{{tmpl "a" .}}'],
  ])('is ended: %s', async (_name, text) => {
    expect(await expand(text)).toContain(
      `exceeded maximum template depth (${limits.templateDepthMax})`,
    )
  })

  it('is ended: a loop within loops', async () => {
    const loops = '{{range 100000}}'.repeat(3)
    const text = `${loops}{{1}}${'{{end}}'.repeat(3)}`
    expect(await expand(text)).toContain(`exceeded limit of ${limits.templateStepsMax} steps`)
  })

  it('is not begun where it takes too long to find out where its parts stand', async () => {
    const loops = `${'{{range .L}}'.repeat(40)}x${'{{end}}'.repeat(40)}`
    expect(await expand(loops)).toBe(
      `html/template:t: exceeded limit of ${limits.consoleEscapeStepsMax} steps`,
    )
    const chain = Array.from(
      { length: 20_000 },
      (_none, at) => `{{define "${at}"}}{{template "${at + 1}"}}{{end}}`,
    )
    const text = `${chain.join('')}{{define "20000"}}{{end}}{{template "0"}}`
    expect(await expand(text)).toBe('html/template:t: nested too deeply')
  })

  it('is ended: more output than a browser shows', async () => {
    const piece = 'x'.repeat(100_000)
    expect(await expand(`{{range 1000}}${piece}{{end}}`)).toContain(
      `exceeded limit of ${limits.consoleOutputUnitsMax} characters of output`,
    )
  })

  it('is ended when a query would be', async () => {
    let nowMs = 0
    const clock: Clock = { ...systemClock, monotonicMs: () => nowMs++ }
    const found = await expand('{{range 100000}}{{1}}{{end}}', [], { clock, endMs: 5 })
    expect(found).toContain('template took longer than a query may')
  })
})
