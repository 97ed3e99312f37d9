import { goQuote } from '../scrape/go-quote.ts'

/** Go's %g: the shortest digits, with an exponent below 1e-4 and from 1e6 on where digits end. */
export function goG(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  if (value === Number.NEGATIVE_INFINITY) return '-Inf'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const size = Math.abs(value)
  // Where JavaScript writes no exponent either.
  if (size >= 1e-4 && size < 1e6) return String(value)
  const text = value.toExponential()
  const at = text.indexOf('e')
  const exponent = Number(text.slice(at + 1))
  const digits = String(Math.abs(exponent)).padStart(2, '0')
  return `${text.slice(0, at)}e${exponent < 0 ? '-' : '+'}${digits}`
}

/** Go's %q of a text. */
export function goQ(text: string): string {
  return /^[ !#-[\]-~]*$/.test(text) ? `"${text}"` : goQuote(Buffer.from(text, 'utf8'))
}

/** Milliseconds as Go prints a time.Duration: 1h59m39.887s, 2h0m0s, 1ms, 0s. */
export function goDuration(durationMs: number): string {
  if (durationMs === 0) return '0s'
  const sign = durationMs < 0 ? '-' : ''
  const ms = Math.abs(durationMs)
  if (ms < 1_000) return `${sign}${ms}ms`
  const [minutes, hours] = [Math.floor(ms / 60_000), Math.floor(ms / 3_600_000)]
  const seconds = `${(ms - minutes * 60_000) / 1_000}s`
  if (minutes === 0) return sign + seconds
  if (hours === 0) return `${sign}${minutes}m${seconds}`
  return `${sign}${hours}h${minutes - hours * 60}m${seconds}`
}

/** Lines of cells in columns as Go's tabwriter sets them: at least 13 wide, two blanks between. */
export function goTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(13, ...rows.map((row) => (row[column] ?? '').length + 2)),
  )
  return rows
    .map((row) => {
      const cells = row.slice(0, -1).map((cell, column) => cell.padEnd(widths[column] ?? 0))
      return `${cells.join('')}${row.at(-1) ?? ''}\n`
    })
    .join('')
}
