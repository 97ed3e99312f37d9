import { systemClock } from '../../../src/base/clock.ts'
import { NativeHistogram } from '../../../src/model/histogram.ts'
import { HtmlTemplates } from '../../../src/rules/html-template/html-templates.ts'
import { expansionOf, Template } from '../../../src/rules/template-expander.ts'
import { graphLink, tableLink } from '../../../src/rules/template-functions.ts'
import type { RunOptions } from '../../../src/rules/template-run.ts'
import {
  GoHistogram,
  GoInteger,
  GoList,
  type GoValue,
  goSample,
  queryResultType,
} from '../../../src/rules/template-values.ts'
import type { Area, CaseResult } from '../area.ts'
import { caseFile, caseName, difference, runCase } from '../case-file.ts'

export const templates: Area = {
  async run(directory) {
    return [...(await expanded(directory)), ...links(directory)]
  },
}

interface SampleData {
  readonly labels: Readonly<Record<string, string>>
  readonly value: string
}

interface ExpandCase {
  readonly template: string
  readonly html: boolean
  readonly options?: readonly string[]
  readonly input?: { readonly go_type: string; readonly value: unknown }
  readonly query_result?: readonly SampleData[]
  readonly output?: string
  readonly error?: string
}

interface Head {
  readonly context: {
    readonly name: string
    readonly external_url: string
    readonly now_ms: number
  }
}

async function expanded(directory: string): Promise<readonly CaseResult[]> {
  const { cases, context } = caseFile<ExpandCase, Head>(directory, 'expand.json')
  const results: CaseResult[] = []
  for (const [index, one] of cases.entries()) {
    const samples = one.query_result ?? []
    const options: RunOptions = {
      clock: systemClock,
      endMs: systemClock.monotonicMs() + 10_000,
      timeMs: context.now_ms,
      externalUrl: context.external_url,
      missingKey: one.options?.includes('missingkey=error') === true ? 'error' : 'zero',
      query: async () =>
        new GoList(
          queryResultType,
          samples.map(({ labels, value }) => goSample(Object.entries(labels), Number(value))),
        ),
    }
    const { template, html } = one
    const { name } = context
    const found = await expansionOf(name, () => {
      const parsed = html
        ? new HtmlTemplates({ name, text: template })
        : new Template(name, template)
      return parsed.expand(inputOf(one), options)
    })
    const text = found.ok ? found.text : found.error
    results.push(
      runCase(caseName('expand.json', index, one.template), () =>
        difference([found.ok, text], [one.error === undefined, one.error ?? one.output]),
      ),
    )
  }
  return results
}

function inputOf({ input }: ExpandCase): GoValue {
  if (input === undefined) return undefined
  const type = input.go_type
  if (type === 'sample') {
    const { histogram } = input.value as { histogram: { count: number; sum: number } }
    const native = new NativeHistogram()
    native.isFloat = true
    native.count = histogram.count
    native.sum[0] = histogram.sum
    return goSample([], new GoHistogram(native))
  }
  if (!type.startsWith('[]')) return goValueOf(type, String(input.value))
  const texts = input.value as readonly string[]
  return new GoList(
    type,
    texts.map((text) => goValueOf(type.slice(2), text)),
  )
}

function goValueOf(type: string, text: string): GoValue {
  if (type === 'string') return text
  if (type === 'float64') return Number(text.replace('Inf', 'Infinity'))
  if (type === 'int') return BigInt(text)
  return new GoInteger(type as 'int64', BigInt(text))
}

interface LinkCase {
  readonly expression: string
  readonly graph_link: string
  readonly table_link: string
}

function links(directory: string): readonly CaseResult[] {
  return caseFile<LinkCase>(directory, 'links.json').cases.map((one, index) =>
    runCase(caseName('links.json', index, one.expression), () =>
      difference(
        [graphLink(one.expression), tableLink(one.expression)],
        [one.graph_link, one.table_link],
      ),
    ),
  )
}
