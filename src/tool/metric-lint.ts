import { compareBytes } from '../model/byte-order.ts'
import type { TextFamily } from './text-family.ts'

/** Something that Prometheus' conventions advise against. */
export interface LintProblem {
  readonly metric: string
  readonly text: string
}

/** What is not as Prometheus' naming conventions want it, by metric and words (row F4.7). */
export function lintFamilies(families: readonly TextFamily[]): readonly LintProblem[] {
  const problems = families.flatMap((family) =>
    lints.flatMap((lint) => lint(family)).map((text) => ({ metric: family.name, text })),
  )
  return problems.sort((a, b) => compareBytes(a.metric, b.metric) || compareBytes(a.text, b.text))
}

type Lint = (family: TextFamily) => readonly string[]

const lints: readonly Lint[] = [
  ({ help }) => when(help === undefined, 'no help text'),
  units,
  counters,
  reservedSuffixes,
  reservedLabels,
  typeInName,
  ({ name }) => when(name.includes(':'), "metric names should not contain ':'"),
  camelCase,
  abbreviations,
  duplicates,
]

function when(isProblem: boolean, text: string): readonly string[] {
  return isProblem ? [text] : []
}

const baseUnits: Readonly<Record<string, string>> = {
  amperes: 'amperes',
  bytes: 'bytes',
  celsius: 'celsius',
  grams: 'grams',
  joules: 'joules',
  kelvin: 'kelvin',
  meters: 'meters',
  metres: 'metres',
  seconds: 'seconds',
  volts: 'volts',
  minutes: 'seconds',
  hours: 'seconds',
  days: 'seconds',
  weeks: 'seconds',
  kelvins: 'kelvin',
  fahrenheit: 'celsius',
  rankine: 'celsius',
  inches: 'meters',
  yards: 'meters',
  miles: 'meters',
  bits: 'bytes',
  calories: 'joules',
  pounds: 'grams',
  ounces: 'grams',
}

const baseOfUnit: ReadonlyMap<string, string> = new Map(Object.entries(baseUnits))

const prefixed =
  /^(?:pico|nano|micro|milli|centi|deci|deca|hecto|kilo|kibi|mega|mibi|giga|gibi|tera|tebi|peta|pebi)(.+)$/s

/** The first word of the name that is a unit decides. */
function units({ name }: TextFamily): readonly string[] {
  for (const word of name.split('_')) {
    const base = baseOfUnit.get(word) ?? baseOfUnit.get(prefixed.exec(word)?.[1] ?? '')
    if (base === undefined) continue
    return when(base !== word, `use base unit "${base}" instead of "${word}"`)
  }
  return []
}

function counters({ name, type }: TextFamily): readonly string[] {
  const hasSuffix = name.endsWith('_total')
  if (type === 'counter') return when(!hasSuffix, 'counter metrics should have "_total" suffix')
  const isProblem = type !== 'untyped' && hasSuffix
  return when(isProblem, 'non-counter metrics should not have "_total" suffix')
}

function reservedSuffixes({ name, type }: TextFamily): readonly string[] {
  if (type === 'untyped' || type === 'histogram') return []
  const both = 'non-histogram and non-summary metrics should not have'
  return [
    ...when(name.endsWith('_bucket'), 'non-histogram metrics should not have "_bucket" suffix'),
    ...when(type !== 'summary' && name.endsWith('_count'), `${both} "_count" suffix`),
    ...when(type !== 'summary' && name.endsWith('_sum'), `${both} "_sum" suffix`),
  ]
}

function reservedLabels({ type, metrics }: TextFamily): readonly string[] {
  if (type === 'untyped') return []
  return labelNames(metrics).flatMap((label) => [
    ...when(
      type !== 'histogram' && label === 'le',
      'non-histogram metrics should not have "le" label',
    ),
    ...when(
      type !== 'summary' && label === 'quantile',
      'non-summary metrics should not have "quantile" label',
    ),
  ])
}

/** Of every series again: upstream tells each. */
function labelNames(metrics: TextFamily['metrics']): readonly string[] {
  return metrics.flatMap(({ labels }) => labels.map(([name]) => name))
}

function typeInName({ name, type }: TextFamily): readonly string[] {
  if (type === 'untyped') return []
  const words = `${name.toLowerCase()}_`
  return when(words.includes(`_${type}_`), `metric name should not include type '${type}'`)
}

function camelCase({ name, metrics }: TextFamily): readonly string[] {
  const isCamel = (text: string) => /[a-z][A-Z]/.test(text)
  const words = "should be written in 'snake_case' not 'camelCase'"
  return [
    ...when(isCamel(name), `metric names ${words}`),
    ...labelNames(metrics)
      .filter(isCamel)
      .map(() => `label names ${words}`),
  ]
}

const abbreviated = ['s', 'ms', 'us', 'ns', 'sec', 'b', 'kb', 'mb', 'gb', 'tb', 'pb', 'm', 'h', 'd']

function abbreviations({ name }: TextFamily): readonly string[] {
  const words = `${name.toLowerCase()}_`
  return abbreviated
    .filter((unit) => words.includes(`_${unit}_`))
    .map(() => 'metric names should not contain abbreviated units')
}

/** One for every series that comes again behind it. */
function duplicates({ metrics }: TextFamily): readonly string[] {
  const keys = new Set(metrics.map(({ labels }) => JSON.stringify(labels)))
  return Array.from({ length: metrics.length - keys.size }, () => 'metric not unique')
}
