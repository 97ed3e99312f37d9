import { NarthexError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { Binary, Expr } from './ast.ts'
import { leftChain } from './left-chain.ts'
import { printExpr, printGrouping, printModifiers, printSubquerySuffix } from './print.ts'

/** Bytes of a line that an expression may fill before it is split. */
const productLineBytesMax = 100

/**
 * The text of an expression over several lines where one is too short for it, indented by two
 * blanks (row Q13.4).
 */
export function prettifyExpr(expr: Expr, lineBytesMax = productLineBytesMax): string {
  const prettifier = new Prettifier(lineBytesMax)
  prettifier.write(expr, 0, true)
  return prettifier.text()
}

class Prettifier {
  /** Bytes of the one-line texts, each counted once. */
  readonly #lengths = new WeakMap<Expr, number>()
  readonly #lineBytesMax: number
  readonly #parts: string[] = []
  #size = 0

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax
  }

  text(): string {
    return this.#parts.join('')
  }

  /** `isIndented` is false behind a sign, which stands before what it is of. */
  write(expr: Expr, level: number, isIndented: boolean): void {
    if (expr.kind === 'binary') this.#chain(expr, level, isIndented)
    else if (expr.kind === 'subquery' && !this.#fits(expr)) {
      this.write(expr.expr, level, isIndented)
      this.#put(printSubquerySuffix(expr))
    } else {
      // Upstream forgets to indent a subquery that fits.
      if (isIndented && expr.kind !== 'subquery') this.#put(indent(level))
      this.#unindented(expr, level)
    }
  }

  #unindented(expr: Exclude<Expr, Binary>, level: number): void {
    if (expr.kind === 'unary') {
      this.#put(expr.op)
      this.write(expr.expr, level, false)
    } else if (expr.kind === 'paren' && !this.#fits(expr)) this.#enclosed('(', [expr.expr], level)
    else if (expr.kind === 'call' && !this.#fits(expr)) {
      this.#enclosed(`${expr.name}(`, expr.args, level)
    } else if (expr.kind === 'aggregate' && !this.#fits(expr)) {
      const args = expr.param === undefined ? [expr.expr] : [expr.param, expr.expr]
      this.#enclosed(`${expr.op}${printGrouping(expr)}(`, args, level)
    } else this.#put(printExpr(expr))
  }

  #enclosed(open: string, args: readonly Expr[], level: number): void {
    this.#put(`${open}\n`)
    for (const [index, arg] of args.entries()) {
      if (index > 0) this.#put(',\n')
      this.write(arg, level + 1, true)
    }
    this.#put(`\n${indent(level)})`)
  }

  /** The innermost left operand of a chain stands deepest, the last operator at its own level. */
  #chain(expr: Binary, level: number, isIndented: boolean): void {
    const links = leftChain(expr)
    this.#length(expr)
    let first = links.length - 1
    while (first >= 0 && !this.#fits(links[first] ?? expr)) first--
    // Of links[first], if there is one, the whole text fits into its line.
    let depth = level + links.length - 1 - first
    const start = links[first]
    if (start === undefined) this.write(links[0]?.left ?? expr, depth, isIndented)
    else this.#put((isIndented ? indent(depth) : '') + printExpr(start))
    for (const link of links.slice(first + 1)) {
      const operator = `${link.op}${printModifiers(link)}`
      this.#put(`\n${indent(depth - 1)}${operator}\n`)
      this.write(link.right, depth, true)
      depth--
    }
  }

  /** Indentation makes long chains square: what is over the limit is refused. */
  #put(text: string): void {
    this.#size += text.length
    if (this.#size > limits.prettyTextBytesMax) {
      const words = `query over several lines is larger than ${limits.prettyTextBytesMax} bytes`
      throw new NarthexError('LIMIT_EXCEEDED', words)
    }
    this.#parts.push(text)
  }

  #fits(expr: Expr): boolean {
    return this.#length(expr) <= this.#lineBytesMax
  }

  #length(expr: Expr): number {
    const known = this.#lengths.get(expr)
    if (known !== undefined) return known
    const length = this.#measure(expr)
    this.#lengths.set(expr, length)
    return length
  }

  #measure(expr: Expr): number {
    switch (expr.kind) {
      case 'paren':
        return this.#length(expr.expr) + 2
      case 'unary':
        return this.#length(expr.expr) + 1
      case 'subquery':
        return this.#length(expr.expr) + bytesOf(printSubquerySuffix(expr))
      case 'call':
        return bytesOf(expr.name) + 2 + this.#list(expr.args)
      case 'aggregate': {
        const args = expr.param === undefined ? [expr.expr] : [expr.param, expr.expr]
        return bytesOf(expr.op + printGrouping(expr)) + 2 + this.#list(args)
      }
      case 'binary':
        return this.#measureChain(expr)
      default:
        return bytesOf(printExpr(expr))
    }
  }

  #list(args: readonly Expr[]): number {
    return args.reduce((sum, arg) => sum + this.#length(arg), Math.max(0, args.length - 1) * 2)
  }

  #measureChain(expr: Binary): number {
    const links = leftChain(expr)
    let length = this.#length(links[0]?.left ?? expr)
    for (const link of links) {
      length += 2 + bytesOf(link.op + printModifiers(link)) + this.#length(link.right)
      this.#lengths.set(link, length)
    }
    return length
  }
}

function bytesOf(text: string): number {
  return Buffer.byteLength(text)
}

function indent(level: number): string {
  return '  '.repeat(level)
}
