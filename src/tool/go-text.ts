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
