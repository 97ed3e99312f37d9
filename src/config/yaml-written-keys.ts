import type { Event } from 'js-yaml'
import type { DuplicateKey } from './yaml-node.ts'

/** Keys of a mapping as they are written, with the lines where each stands. */
export class WrittenKeys {
  readonly #linesOf = new Map<string, { readonly text: string; readonly lines: number[] }>()

  add(type: Event['type'], text: string, line: number): void {
    const written = `${type} ${text}`
    const found = this.#linesOf.get(written)
    if (found === undefined) this.#linesOf.set(written, { text, lines: [line] })
    else found.lines.push(line)
  }

  /** Every pair of equal keys. */
  duplicates(): readonly DuplicateKey[] {
    return [...this.#linesOf.values()].flatMap(({ text, lines }) =>
      lines.flatMap((firstLine, index) =>
        lines.slice(index + 1).map((line) => ({ text, line, firstLine })),
      ),
    )
  }
}
