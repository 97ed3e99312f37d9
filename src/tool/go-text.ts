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
