/** A label set as the API writes it. Names and values are untrusted text. */
export type LabelSet = Readonly<Record<string, string>>

const legacyName = /^[a-zA-Z_][a-zA-Z0-9_]*$/
const legacyMetric = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/

/** One label as PromQL writes it; the parts are kept apart so that a page can colour them. */
export interface LabelPart {
  readonly name: string
  readonly value: string
}

export interface SeriesParts {
  /** The metric name where it can stand before the braces; otherwise '' and it is the first of the parts. */
  readonly metric: string
  /** A quoted metric name inside the braces; '' when there is none. */
  readonly quotedMetric: string
  readonly labels: readonly LabelPart[]
}

export function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}

/** Cuts a label set into what PromQL writes before and inside the braces; `without` leaves labels out. */
export function seriesParts(set: LabelSet, without: LabelSet = {}): SeriesParts {
  const metric = '__name__' in without ? '' : (set.__name__ ?? '')
  const plain = legacyMetric.test(metric)
  const labels = Object.entries(set)
    .filter(([name]) => name !== '__name__' && !(name in without))
    .map(([name, value]) => ({ name: legacyName.test(name) ? name : quoted(name), value }))
  return {
    metric: plain ? metric : '',
    quotedMetric: plain || !metric ? '' : quoted(metric),
    labels,
  }
}

/** The label set as PromQL text: a key for a series and what is copied. */
export function labelsText(set: LabelSet): string {
  const { metric, quotedMetric, labels } = seriesParts(set)
  const inside = labels.map(({ name, value }) => `${name}=${quoted(value)}`)
  if (quotedMetric !== '') inside.unshift(quotedMetric)
  return inside.length === 0 && metric !== '' ? metric : `${metric}{${inside.join(', ')}}`
}

/** The labels that every one of several sets has with the same value; none for fewer than two sets. */
export function sharedLabels(sets: readonly LabelSet[]): LabelSet {
  const [first, ...rest] = sets
  if (first === undefined || rest.length === 0) return {}
  const shared = Object.entries(first).filter(([name, value]) =>
    rest.every((set) => set[name] === value),
  )
  // A label set of its own must be left to each series to be told apart by.
  return Object.fromEntries(shared)
}
