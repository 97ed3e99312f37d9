import { NarthexError } from '../../base/errors.ts'
import type { Span } from './ast.ts'

export interface ParseFault {
  readonly span: Span
  readonly message: string
  /**
   * Set for what upstream finds only when it has read the token behind the one that ends here; what is
   * wrong with that one's characters comes first then.
   */
  readonly nextEnd?: number | undefined
}

/** A query that does not parse, with every fault found; the first one makes the message. */
export class QueryParseError extends NarthexError {
  override readonly name = 'QueryParseError'
  constructor(
    readonly faults: readonly ParseFault[],
    /** The query as latin1 of its bytes. */
    text: string,
  ) {
    const [first] = faults
    const place = placeOf(text, first?.span.start ?? 0)
    super('QUERY_PARSE', `${place}: parse error: ${first?.message ?? ''}`)
  }
}

/** Line and column from 1, as upstream counts them: the column in bytes. */
function placeOf(text: string, offset: number): string {
  if (text === '') return 'unknown position'
  const before = text.slice(0, offset)
  const line = before.split('\n').length
  return `${line}:${offset - (before.lastIndexOf('\n') + 1) + 1}`
}
