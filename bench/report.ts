import { cpus, totalmem } from 'node:os'

/** At most so much of a peer's figure, or at least where it is the other way round. */
export interface Goal {
  readonly figure: string
  /** `narthex` where the figure itself is wanted so. */
  readonly peer: string
  readonly words: string
}

/**
 * Prints the machine, then a row a figure: every server's, ours divided by each of theirs, and what
 * is wanted of that.
 */
export function printComparison<Figures extends object>(
  title: string,
  results: ReadonlyMap<string, Figures>,
  goals: readonly Goal[] = [],
): void {
  console.log(`\n${title}`)
  console.log(machine())
  const names = [...results.keys()]
  const ours = results.get('narthex')
  if (ours === undefined) throw new Error('narthex was not measured')
  const peers = names.filter((name) => name !== 'narthex')
  const wanted = names.filter((name) => goals.some(({ peer }) => peer === name))
  const rows = Object.entries(ours).map(([figure, own]) => {
    const of = (name: string) =>
      Number(Object.entries(results.get(name) ?? {}).find(([key]) => key === figure)?.[1])
    return [
      figure,
      ...names.map((name) => short(of(name))),
      ...peers.map((name) => short(Number(own) / of(name))),
      ...wanted.map((name) => wordsOf(goals, figure, name)),
    ]
  })
  const ratios = peers.map((name) => `/ ${name}`)
  table(['', ...names, ...ratios, ...wanted.map((name) => `wanted of ${name}`)], rows)
}

function wordsOf(goals: readonly Goal[], figure: string, name: string): string {
  return goals.find((goal) => goal.figure === figure && goal.peer === name)?.words ?? ''
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => (row[column] ?? '').length)),
  )
  for (const row of [head, ...rows]) {
    console.log(
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  '),
    )
  }
}

export function short(value: number): string {
  if (!Number.isFinite(value)) return '-'
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en')
  return value.toPrecision(3)
}

export function machine(): string {
  const [first] = cpus()
  return `${cpus().length} x ${first?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.platform}`
}
