import type { TemplateTrees } from './template-grammar.ts'
import type {
  CommandNode,
  ListNode,
  OperandNode,
  PipeNode,
  TemplateNode,
} from './template-nodes.ts'

/**
 * What the text of a template follows from, beside what is around all rules: from nothing, from the
 * labels of the sample, from its value too, or from anything else, such as queries and the time.
 */
export type TemplateInputs = 'nothing' | 'labels' | 'value' | 'anything'

const rank: readonly TemplateInputs[] = ['nothing', 'labels', 'value', 'anything']

/** Functions whose answer follows from their arguments alone. */
const plainFunctions: ReadonlySet<string> = new Set([
  ...[
    'and',
    'eq',
    'ge',
    'gt',
    'html',
    'index',
    'le',
    'len',
    'lt',
    'ne',
    'not',
    'or',
    'print',
    'printf',
  ],
  ...['humanize', 'humanize1024', 'humanizeDuration', 'humanizePercentage', 'humanizeTimestamp'],
  ...[
    'match',
    'parseDuration',
    'reReplaceAll',
    'stripDomain',
    'stripPort',
    'title',
    'toLower',
    'toUpper',
  ],
])

/** What the fields of an alert's data, and the variables that stand for them, follow from. */
const knownFields: ReadonlyMap<string, TemplateInputs> = new Map<string, TemplateInputs>([
  ['Labels', 'labels'],
  ['ExternalLabels', 'labels'],
  ['ExternalURL', 'labels'],
  ['Value', 'value'],
])
const knownVariables: ReadonlyMap<string, TemplateInputs> = new Map<string, TemplateInputs>([
  ['$labels', 'labels'],
  ['$externalLabels', 'labels'],
  ['$externalURL', 'labels'],
  ['$value', 'value'],
])

export function mostOf(inputs: Iterable<TemplateInputs>): TemplateInputs {
  let most = 0
  for (const one of inputs) most = Math.max(most, rank.indexOf(one))
  return rank[most] ?? 'anything'
}

/**
 * Of actions and conditions over labels and value, such as `{{ $labels.job }}` and
 * `{{ if gt $value 1.0 }}`; what changes the dot or declares variables or templates is 'anything'. The
 * declarations before `start` in the text are those of knownVariables.
 */
export function templateInputs(trees: TemplateTrees, start: number): TemplateInputs {
  const [main] = trees.values()
  if (main === undefined || trees.size > 1) return 'anything'
  return mostOf(main.nodes.filter(({ offset }) => offset >= start).map(inputsOfNode))
}

function inputsOfList(list: ListNode | undefined): TemplateInputs {
  return mostOf((list?.nodes ?? []).map(inputsOfNode))
}

function inputsOfNode(node: TemplateNode): TemplateInputs {
  if (node.kind === 'text') return 'nothing'
  if (node.kind === 'action') return inputsOfPipe(node.pipe)
  if (node.kind !== 'if') return 'anything'
  return mostOf([inputsOfPipe(node.pipe), inputsOfList(node.list), inputsOfList(node.elseList)])
}

function inputsOfPipe({ declared, commands }: PipeNode): TemplateInputs {
  if (declared.length > 0) return 'anything'
  return mostOf(commands.map(inputsOfCommand))
}

function inputsOfCommand({ operands }: CommandNode): TemplateInputs {
  return mostOf(operands.map(inputsOfOperand))
}

function inputsOfOperand(operand: OperandNode): TemplateInputs {
  switch (operand.kind) {
    case 'identifier':
      return plainFunctions.has(operand.name) ? 'nothing' : 'anything'
    case 'field':
      return knownFields.get(operand.names[0] ?? '') ?? 'anything'
    case 'variable':
      return knownVariables.get(operand.names[0] ?? '') ?? 'anything'
    case 'pipe':
      return inputsOfPipe(operand)
    case 'chain':
      return inputsOfOperand(operand.node)
    case 'dot':
      return 'anything'
    default:
      return 'nothing'
  }
}
