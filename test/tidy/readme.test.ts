import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const textOf = (name: string) => readFileSync(join(root, name), 'utf8')
const readme = textOf('README.md')
const benches = textOf('bench/README.md')

/** Each line of the README's comparison: where in bench/README.md its figures stand. */
const compared: readonly (readonly [string, () => readonly [string, string]])[] = [
  [
    'scraping 300 targets of 985 series at 1 s: CPU per sample',
    () => ratiosOf('scrape, steady:', 'CPU s per million samples'),
  ],
  ['the same: resident memory', () => ratiosOf('scrape, steady:', 'resident MiB')],
  [
    'remote write of 1 M series x 30 samples: CPU per sample',
    () => ratiosOf('storage: 1,000,000', 'CPU s per million samples'),
  ],
  [
    'the same: resident memory per series',
    () => ratiosOf('storage: 1,000,000', 'resident bytes per series'),
  ],
  [
    'the same: from `kill -9` to the first right answer',
    () => ratiosOf('storage: 1,000,000', 'ms from kill -9 to the first right answer'),
  ],
  [
    'remote write of known series, 1 M: CPU per sample, 1.0 and 2.0',
    () => {
      const row = 'CPU s per million samples'
      const [first, second] = [1, 2].map((of) => ratiosOf(`write: version ${of}, 1,000,000`, row))
      return [`${first?.[0]} and ${second?.[0]}`, `${first?.[1]} and ${second?.[1]}`]
    },
  ],
  [
    'bytes per sample in a block',
    () => ratiosOf('storage: 1,000,000', 'bytes per sample in a block'),
  ],
  [
    '39 range queries over 10 k series x 6 h: time, geometric mean',
    () => meansOf('range queries, geometric mean'),
  ],
  ['4 instant queries over the same', () => meansOf('instant queries, geometric mean')],
  ['memory peak while querying', () => ratiosOf('load: 14,400,000', 'peak while querying')],
  ['5,000 rules over 100 k series: CPU per rule', () => ratiosOf('rules: 5000', 'CPU s per 1,000')],
]

describe('the README', () => {
  it('has the figures of the last accepted runs', () => {
    const table = readme.split('\n').filter((line) => /^\| .* \| [\d.]+/.test(line))
    const wanted = compared.map(([label, ratios]) => `| ${label} | ${ratios().join(' | ')} |`)
    expect(table).toEqual(wanted)
  })

  it('has no address for curl with signs that curl expands', () => {
    const commands = readme.split('\n').filter((line) => line.startsWith('curl '))
    expect(commands).not.toEqual([])
    const addresses = commands.map((line) => line.replace(/--data-urlencode '[^']*'/g, ''))
    expect(addresses.filter((line) => /[[\]{}]/.test(line))).toEqual([])
  })
})

/** Ours divided by Prometheus' and by VictoriaMetrics', of one row of the table with that title. */
function ratiosOf(title: string, row: string): readonly [string, string] {
  const lines = benches.slice(benches.indexOf(`\n${title}`)).split('\n')
  const header = lines.find((line) => line.includes('/ prometheus')) ?? ''
  const values = lines.find((line) => line.includes(row)) ?? ''
  const cellUnder = (column: string) => {
    const end = header.indexOf(column) + column.length
    return end < column.length ? '-' : values.slice(0, end).trim().split(/\s+/).at(-1)
  }
  return [rounded(cellUnder('/ prometheus')), rounded(cellUnder('/ victoriametrics'))]
}

function meansOf(line: string): readonly [string, string] {
  const [, prometheus, victoriaMetrics] =
    new RegExp(`^${line}: ([\\d.]+) of prometheus .*, ([\\d.]+) of victoriametrics`, 'm').exec(
      benches,
    ) ?? []
  return [rounded(prometheus), rounded(victoriaMetrics)]
}

function rounded(ratio: string | undefined): string {
  const value = Number(ratio)
  return Number.isNaN(value) ? '-' : value.toFixed(2)
}
