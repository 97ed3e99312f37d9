/**
 * What the text of a template follows from, beside what is around all rules: from nothing, from the
 * labels of the sample, from its value too, or from anything else, such as queries and the time.
 */
export type TemplateInputs = 'nothing' | 'labels' | 'value' | 'anything'

const action = /\{\{([\s\S]*?)\}\}/g
const format = /printf\s+"[^"\\{}|]*"/g
const ofLabels =
  /^(?:(?:\$labels|\.Labels|\$externalLabels|\.ExternalLabels)\.\w+|\$externalURL|\.ExternalURL)$/

/** Functions whose answer follows from their one argument, or from it and a format. */
const plainFunctions: ReadonlySet<string> = new Set([
  'humanize',
  'humanize1024',
  'humanizeDuration',
  'humanizePercentage',
  'humanizeTimestamp',
  'printf',
  'stripDomain',
  'stripPort',
  'title',
  'toLower',
  'toUpper',
])

/**
 * Known of texts whose actions are all of the kind that most alerts have, such as
 * `{{ $labels.job }}` and `{{ $value | humanize }}`; of all others it says 'anything'.
 */
export function templateInputs(text: string): TemplateInputs {
  let inputs: TemplateInputs = 'nothing'
  let end = 0
  for (const found of text.matchAll(action)) {
    const [whole, inner = ''] = found
    end = found.index + whole.length
    const reads = actionInputs(inner)
    if (reads === 'anything') return 'anything'
    if (reads === 'value' || inputs === 'nothing') inputs = reads
  }
  return text.includes('{{', end) ? 'anything' : inputs
}

/** Of one operand, and functions that are given it before or behind it. */
function actionInputs(inner: string): TemplateInputs {
  const plain = inner.replace(format, 'printf').replace(/^-\s/, '').replace(/\s-$/, '')
  const [first = '', ...stages] = plain.split('|').map((stage) => stage.trim())
  const words = first.split(/\s+/)
  const operand = words.pop() ?? ''
  const functions = words.length > 1 ? [first] : [...words, ...stages]
  if (!functions.every((name) => plainFunctions.has(name))) return 'anything'
  if (operand === '$value' || operand === '.Value') return 'value'
  return ofLabels.test(operand) ? 'labels' : 'anything'
}
