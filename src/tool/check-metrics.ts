import { limits } from '../base/limits.ts'
import { formatFloat } from '../model/go-float-format.ts'
import type { CheckMetricsCommand } from './check-command-line.ts'
import { lintFamilies } from './metric-lint.ts'
import type { ToolTerminal } from './terminal.ts'
import { TextPageError } from './text-cursor.ts'
import type { TextFamily } from './text-family.ts'
import { readTextPage } from './text-page.ts'
import { readInput, type ToolInput } from './tool-input.ts'

/**
 * `check metrics` (row F4.7): lints a page on the standard input, and counts its series. Answers the
 * exit code: 1 for what is no page, 3 where there are lints.
 */
export async function checkMetrics(
  { isExtended, lint }: CheckMetricsCommand,
  input: ToolInput,
  terminal: ToolTerminal,
): Promise<number> {
  const lints = lint !== 'none'
  if (!isExtended && !lints) {
    terminal.complain(
      'error: at least one of --extended or linting must be enabled\n' +
        'Use --extended for cardinality analysis, or remove --lint=none to enable linting\n',
    )
    return 1
  }
  const page = await readInput(input, limits.toolPageBytesMax)
  try {
    // Promtool's conventions are those of old names, while it counts those with any.
    const problems = lints ? lintFamilies(readTextPage(page, 'legacy')) : []
    terminal.complain(problems.map(({ metric, text }) => `${metric} ${text}\n`).join(''))
    if (isExtended) terminal.print(cardinalityTable(readTextPage(page, 'utf8')))
    return problems.length > 0 ? 3 : 0
  } catch (thrown) {
    if (!(thrown instanceof TextPageError)) throw thrown
    const doing = lints ? 'linting' : 'parsing text to metric families'
    terminal.complain(`error while ${doing}: ${thrown.message}\n`)
    return 1
  }
}

/** Series by family, the most of them first. */
function cardinalityTable(families: readonly TextFamily[]): string {
  const counts = families
    .map((family) => ({ name: family.name, count: seriesCount(family) }))
    .sort((a, b) => b.count - a.count)
  const total = counts.reduce((sum, { count }) => sum + count, 0)
  const rows = [
    ['Metric', 'Cardinality', 'Percentage'],
    ...counts.map(({ name, count }) => [
      name,
      String(count),
      `${formatFloat((count / total) * 100, 'f', 2)}%`,
    ]),
    ['Total', String(total), '100%'],
  ]
  const widths = [0, 1, 2].map((column) =>
    Math.max(...rows.map((row) => [...(row[column] ?? '')].length + 4)),
  )
  const lines = rows.map((row) =>
    row.map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - [...cell].length)).join(''),
  )
  return lines.map((line) => `${line}\n`).join('')
}

/** As promtool counts: all histograms of a family have as many buckets as the first. */
function seriesCount({ type, metrics }: TextFamily): number {
  const hasPoints = type === 'histogram' || type === 'summary'
  return metrics.length * (hasPoints ? 2 + (metrics[0]?.points.length ?? 0) : 1)
}
