import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { startBuiltServer } from '../support/built-server.ts'
import { peersAreAbsent } from '../support/peers.ts'
import type { RealProcess } from '../support/real-process.ts'
import { startPrometheus } from '../support/real-prometheus.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'

const intervalSeconds = 2
const rules = `
groups:
- name: g
  interval: ${intervalSeconds}s
  rules:
  - alert: Slow
    expr: vector(1)
    for: ${6 * intervalSeconds}s
`
const flags = ['--rules.alert.for-grace-period=1s']

async function ask(server: RealProcess, expr: string): Promise<readonly [number, string][]> {
  const parameters = new URLSearchParams({ query: expr })
  const response = await fetch(`${server.url}/api/v1/query?${parameters.toString()}`)
  const { data } = (await response.json()) as {
    readonly data: { readonly result: readonly { values?: [number, string][] }[] }
  }
  return data.result.flatMap(({ values = [] }) => values)
}

/** Times of the evaluations that found the alert `Slow` pending, of both lives. */
async function pending(server: RealProcess): Promise<readonly number[]> {
  const values = await ask(server, 'ALERTS{alertname="Slow",alertstate="pending"}[5m]')
  return values.map(([seconds]) => seconds)
}

async function firingSince(server: RealProcess): Promise<number | undefined> {
  const values = await ask(server, 'ALERTS{alertname="Slow",alertstate="firing"}[5m]')
  return values[0]?.[0]
}

async function isSlotOver(server: RealProcess, evaluations: number): Promise<true | undefined> {
  return (await pending(server)).length >= evaluations ? true : undefined
}

describe.skipIf(peersAreAbsent)('alerts over a death', () => {
  it('kill -9 in the middle of `for`: it goes on where it was, as in Prometheus', async () => {
    const directory = temporaryDirectory()
    const file = join(directory, 'rules.yml')
    writeFileSync(file, rules)
    const config = `rule_files: ['${file}']\n`
    const folders = ['prometheus', 'narthex'].map((name) => join(directory, name))
    for (const folder of folders) mkdirSync(folder)
    const [theirs = '', ours = ''] = folders
    const startBoth = () =>
      Promise.all([
        startPrometheus(theirs, flags, config),
        startBuiltServer({ directory: ours, config, flags }),
      ])
    const first = await startBoth()
    await Promise.all(first.map((server) => waitUntil('it pends', () => isSlotOver(server, 2))))
    await Promise.all(first.map((server) => server.stop('SIGKILL')))
    await pause(intervalSeconds * 1_000)
    const second = await startBoth()
    const [prometheus = 0, narthex = 0] = await Promise.all(
      second.map(async (server) => {
        await waitUntil('it fires', () => firingSince(server), 60_000)
        return (await pending(server)).length
      }),
    )
    // What it had waited counts, the death does not; the two were not dead in the very same slots.
    expect(Math.abs(prometheus - narthex)).toBeLessThanOrEqual(1)
    expect(narthex).toBeLessThanOrEqual(7)
  }, 120_000)
})
