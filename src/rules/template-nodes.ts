/** Where a node stands in the text of its template, in UTF-16 units. */
interface Placed {
  readonly offset: number
}

export interface ListNode extends Placed {
  readonly kind: 'list'
  readonly nodes: TemplateNode[]
}

export interface TextNode extends Placed {
  readonly kind: 'text'
  readonly text: string
}

export interface ActionNode extends Placed {
  readonly kind: 'action'
  readonly pipe: PipeNode
}

export interface BranchNode extends Placed {
  readonly kind: 'if' | 'with' | 'range'
  readonly pipe: PipeNode
  readonly list: ListNode
  readonly elseList: ListNode | undefined
}

export interface CallNode extends Placed {
  readonly kind: 'template'
  readonly name: string
  readonly pipe: PipeNode | undefined
}

/** `end` and `else` only live while their branch is parsed. */
export interface SignNode extends Placed {
  readonly kind: 'break' | 'continue' | 'end' | 'else'
}

export type TemplateNode = ListNode | TextNode | ActionNode | BranchNode | CallNode | SignNode

export interface PipeNode extends Placed {
  readonly kind: 'pipe'
  /** Names of variables with their dollar, and places. */
  readonly declared: VariableNode[]
  isAssignment: boolean
  readonly commands: CommandNode[]
}

export interface CommandNode extends Placed {
  readonly kind: 'command'
  readonly operands: OperandNode[]
}

export interface IdentifierNode extends Placed {
  readonly kind: 'identifier'
  readonly name: string
}

/** `.A.B`: names without their dots. */
export interface FieldNode extends Placed {
  readonly kind: 'field'
  readonly names: readonly string[]
}

/** `$x.A`: the first name is the variable's, with its dollar. */
export interface VariableNode extends Placed {
  readonly kind: 'variable'
  readonly names: readonly string[]
}

/** A term with fields behind it: `(query "up").Labels`. */
export interface ChainNode extends Placed {
  readonly kind: 'chain'
  readonly node: OperandNode
  readonly names: readonly string[]
}

export interface ConstantNode extends Placed {
  readonly kind: 'dot' | 'nil'
}

export interface BoolNode extends Placed {
  readonly kind: 'bool'
  readonly value: boolean
}

export interface StringNode extends Placed {
  readonly kind: 'string'
  readonly quoted: string
  readonly text: string
}

/** Which kinds of number the text can be; a float without a fraction is an integer, too. */
export interface NumberNode extends Placed {
  readonly kind: 'number'
  readonly text: string
  readonly integer: bigint | undefined
  readonly float: number | undefined
}

export type OperandNode =
  | IdentifierNode
  | FieldNode
  | VariableNode
  | ChainNode
  | ConstantNode
  | BoolNode
  | StringNode
  | NumberNode
  | PipeNode

export type AnyNode = TemplateNode | CommandNode | OperandNode

/** The node as Go's errors show it. */
export function nodeText(node: AnyNode): string {
  switch (node.kind) {
    case 'list':
      return node.nodes.map(nodeText).join('')
    case 'text':
      return node.text
    case 'action':
      return `{{${nodeText(node.pipe)}}}`
    case 'if':
    case 'with':
    case 'range':
      return branchText(node)
    case 'template': {
      const value = node.pipe === undefined ? '' : ` ${nodeText(node.pipe)}`
      return `{{template ${JSON.stringify(node.name)}${value}}}`
    }
    case 'break':
    case 'continue':
    case 'end':
    case 'else':
      return `{{${node.kind}}}`
    default:
      return operandText(node)
  }
}

function branchText(node: BranchNode): string {
  const otherwise = node.elseList === undefined ? '' : `{{else}}${nodeText(node.elseList)}`
  return `{{${node.kind} ${nodeText(node.pipe)}}}${nodeText(node.list)}${otherwise}{{end}}`
}

function operandText(node: CommandNode | OperandNode): string {
  switch (node.kind) {
    case 'pipe': {
      const names = node.declared.map(nodeText).join(', ')
      const sign = node.isAssignment ? ' = ' : ' := '
      return (names === '' ? '' : names + sign) + node.commands.map(nodeText).join(' | ')
    }
    case 'command':
      return node.operands.map(inParens).join(' ')
    case 'identifier':
      return node.name
    case 'field':
      return node.names.map((name) => `.${name}`).join('')
    case 'variable':
      return node.names.join('.')
    case 'chain':
      return inParens(node.node) + node.names.map((name) => `.${name}`).join('')
    case 'dot':
      return '.'
    case 'nil':
      return 'nil'
    case 'bool':
      return String(node.value)
    case 'string':
      return node.quoted
    case 'number':
      return node.text
  }
}

function inParens(node: OperandNode): string {
  return node.kind === 'pipe' ? `(${nodeText(node)})` : nodeText(node)
}
