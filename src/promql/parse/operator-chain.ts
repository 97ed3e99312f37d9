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

/** What stands open to the left: an operator whose right side, or a sign whose operand, may still grow. */
type Open<Modifiers> =
  | { readonly kind: 'sign'; readonly token: IToken }
  | { readonly kind: 'binary'; readonly operator: ChainOperator<Modifiers> }

/**
 * Makes a tree of `operand (operator operand)*` while it is read: what binds at least as tightly as the
 * next operator is made before that one is taken, so that what is wrong with it is found in upstream's
 * order. Chains of operators that associate to the left cost no depth, however long.
 */
export class OperatorChain<Node, Modifiers> {
  readonly #maker: ChainMaker<Node, Modifiers>
  readonly #open: Open<Modifiers>[] = []
  readonly #nodes: Node[] = []
  #depth = 0

  constructor(maker: ChainMaker<Node, Modifiers>) {
    this.#maker = maker
  }

  operand({ signs, node }: ChainOperand<Node>): void {
    for (const token of signs) this.#open.push({ kind: 'sign', token })
    this.#nodes.push(node)
  }

  /** The next token is this operator, which is not yet taken. */
  reduceBefore(token: IToken): void {
    const binds = precedenceOf(token)
    this.#reduce(binds === power ? binds + 1 : binds)
  }

  /** Throws NestingError for powers of powers. */
  operator(operator: ChainOperator<Modifiers>): void {
    demandNesting(++this.#depth, 'operators', operator.token.startOffset)
    this.#open.push({ kind: 'binary', operator })
  }

  end(): Node {
    this.#reduce(0)
    return this.#take()
  }

  #reduce(loosest: number): void {
    for (let open = this.#open.at(-1); open !== undefined; open = this.#open.at(-1)) {
      const binds = open.kind === 'sign' ? signPrecedence : precedenceOf(open.operator.token)
      if (binds < loosest) return
      this.#open.pop()
      const right = this.#take()
      this.#nodes.push(this.#made(open, right))
    }
  }

  #made(open: Open<Modifiers>, right: Node): Node {
    if (open.kind === 'sign') return this.#maker.sign(open.token, right)
    this.#depth--
    return this.#maker.binary(this.#take(), open.operator, right)
  }

  #take(): Node {
    const node = this.#nodes.pop()
    if (node === undefined) throw new RangeError('an operator without its operand')
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
