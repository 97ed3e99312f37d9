import { expect, it } from 'vitest'
import { startBuiltServer } from '../support/built-server.ts'
import { peersAreAbsent } from '../support/peers.ts'
import { startPrometheus } from '../support/real-prometheus.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** See docs/differences.md. */
const leftOut: readonly string[] = ['symbol_table_size_bytes']

it.skipIf(peersAreAbsent)(
  'metrics of the database have the names and kinds of the real Prometheus, but for that of symbol tables',
  async () => {
    const directory = temporaryDirectory()
    const ours = await startBuiltServer({ directory: temporaryDirectory() })
    const theirs = await startPrometheus(directory)
    const wanted = (await kindsOf(theirs.url)).filter(([name]) => !leftOut.includes(name))
    const found = new Map(await kindsOf(ours.url))
    expect(wanted.filter(([name, kind]) => found.get(name) !== kind)).toEqual([])
    expect(wanted.length).toBeGreaterThan(40)
  },
)

/** Name, behind what all have in common, and kind of each. */
async function kindsOf(url: string): Promise<readonly (readonly [string, string])[]> {
  const page = await (await fetch(`${url}/metrics`)).text()
  const types = page.matchAll(/^# TYPE prometheus_tsdb_(\S+) (\S+)$/gm)
  return [...types].map(([, name = '', kind = '']) => [name, kind])
}
