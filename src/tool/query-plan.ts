import { listOf, recordOf } from './query-api.ts'

interface Line {
  readonly operator: string
  readonly cells: readonly string[]
}

const titles = ['time', 'own', 'series', 'samples', 'looked at', 'memory'] as const

/** The plan of /api/v1/narthex/explain as an indented tree; figures stand behind it in columns. */
export function planText(data: unknown): string {
  const lines = linesOf(recordOf(data).plan, 0)
  if (lines.every(({ cells }) => cells.length === 0)) {
    return lines.map(({ operator }) => `${operator}\n`).join('')
  }
  const rows = [{ operator: '', cells: titles }, ...lines]
  const first = Math.max(...rows.map(({ operator }) => operator.length))
  const widths = titles.map((_title, column) =>
    Math.max(...rows.map(({ cells }) => (cells[column] ?? '').length)),
  )
  return rows
    .map(({ operator, cells }) => {
      const shown = cells.map((cell, column) => cell.padStart(widths[column] ?? 0))
      return `${[operator.padEnd(first), ...shown].join('  ').trimEnd()}\n`
    })
    .join('')
}

function linesOf(node: unknown, depth: number): readonly Line[] {
  const fields = recordOf(node)
  const number = (name: string) => Number(fields[name] ?? 0)
  const cells =
    fields.seconds === undefined
      ? []
      : [
          millisecondsText(number('seconds')),
          millisecondsText(number('ownSeconds')),
          String(number('series')),
          String(number('samples')),
          String(number('samplesLookedAt')),
          bytesText(number('peakBytes')),
        ]
  const line = { operator: `${'  '.repeat(depth)}${String(fields.operator)}`, cells }
  return [line, ...listOf(fields.children).flatMap((child) => linesOf(child, depth + 1))]
}

function millisecondsText(seconds: number): string {
  return `${(seconds * 1_000).toFixed(2)}ms`
}

function bytesText(bytes: number): string {
  if (bytes < 1_024) return `${bytes}B`
  if (bytes < 1_024 ** 2) return `${(bytes / 1_024).toFixed(1)}KiB`
  return `${(bytes / 1_024 ** 2).toFixed(1)}MiB`
}
