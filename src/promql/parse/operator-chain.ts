import type { IToken } from 'chevrotain'
import type { BinaryOp } from './ast.ts'
import { demandNesting } from './nesting.ts'

/** Binary operators by how tightly they bind; a sign before an operand binds as `*` does. */
const precedence: ReadonlyMap<string, number> = new Map([
  ['or', 1],
  ['and', 2],
  ['unless', 2],
  ...['==', '!=', '<=', '<', '>=', '>', '</', '>/'].map((op) => [op, 3] as const),
  ['+', 4],
  ['-', 4],
  ['*', 5],
  ['/', 5],
  ['%', 5],
  ['atan2', 5],
  ['^', 6],
])
const signPrecedence = 5
const power = 6

export interface ChainOperand<Node> {
  /** Signs before the operand, outermost first. */
  readonly signs: readonly IToken[]
  readonly node: Node
}

export interface ChainOperator<Modifiers> {
  readonly token: IToken
  readonly modifiers: Modifiers
}

export interface ChainMaker<Node, Modifiers> {
  sign(token: IToken, node: Node): Node
  binary(left: Node, operator: ChainOperator<Modifiers>, right: Node): Node
}

/**
 * Makes a tree of `operand (operator operand)*` by precedence climbing: chains of operators that
 * associate to the left cost no depth, however long. Throws NestingError for powers of powers.
 */
export class OperatorChain<Node, Modifiers> {
  readonly #operands: readonly ChainOperand<Node>[]
  readonly #operators: readonly ChainOperator<Modifiers>[]
  readonly #maker: ChainMaker<Node, Modifiers>
  #next = 0

  constructor(
    operands: readonly ChainOperand<Node>[],
    operators: readonly ChainOperator<Modifiers>[],
    maker: ChainMaker<Node, Modifiers>,
  ) {
    this.#operands = operands
    this.#operators = operators
    this.#maker = maker
  }

  resolve(): Node {
    return this.#climb(0, 0)
  }

  /** `depth` counts what stands open to the left: at most one of each precedence, and powers. */
  #climb(tightest: number, depth: number): Node {
    demandNesting(depth, 'operators', this.#operators[this.#next - 1]?.token.startOffset ?? 0)
    let left = this.#operand(depth)
    for (;;) {
      const operator = this.#operators[this.#next - 1]
      const binds = operator === undefined ? 0 : precedenceOf(operator.token)
      if (operator === undefined || binds < Math.max(1, tightest)) return left
      const right = this.#climb(binds === power ? binds : binds + 1, depth + 1)
      left = this.#maker.binary(left, operator, right)
    }
  }

  #operand(depth: number): Node {
    const operand = this.#operands[this.#next++]
    if (operand === undefined) throw new RangeError('an operator without its operand')
    if (operand.signs.length === 0) return operand.node
    // The sign takes what binds tighter than it: only a power does.
    const operator = this.#operators[this.#next - 1]
    let node = operand.node
    if (operator !== undefined && precedenceOf(operator.token) > signPrecedence) {
      node = this.#maker.binary(node, operator, this.#climb(power, depth + 1))
    }
    for (const token of [...operand.signs].reverse()) node = this.#maker.sign(token, node)
    return node
  }
}

function precedenceOf(token: IToken): number {
  return precedence.get(token.image.toLowerCase()) ?? 0
}

/** The lexer hands over only operators. */
export function binaryOp(token: IToken): BinaryOp
export function binaryOp(token: IToken): string {
  return token.image.toLowerCase()
}
