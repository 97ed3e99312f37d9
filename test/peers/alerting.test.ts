import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startBuiltServer } from '../support/built-server.ts'
import { freePort } from '../support/free-port.ts'
import { peersAreAbsent } from '../support/peers.ts'
import { seenByAmtool, startAlertmanager } from '../support/real-alertmanager.ts'
import type { RealProcess } from '../support/real-process.ts'
import { startPrometheus } from '../support/real-prometheus.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'

interface QueryAnswer {
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>
      readonly values?: readonly (readonly [number, string])[]
      readonly value?: readonly [number, string]
    }[]
  }
}

async function query(server: RealProcess, expr: string, time: number): Promise<QueryAnswer> {
  const parameters = new URLSearchParams({ query: expr, time: String(time) })
  const response = await fetch(`${server.url}/api/v1/query?${parameters.toString()}`)
  return (await response.json()) as QueryAnswer
}

/** Alternates with the time of the evaluation alone: both servers see the same. */
const alternating = `
groups:
- name: phases
  interval: 1s
  labels: {tier: a}
  rules:
  - record: phase:seconds
    expr: vector(time() - time() % 1) % 6
    labels: {kind: saw}
  - alert: Late
    expr: phase:seconds > 1
    for: 2s
    labels: {severity: '{{ if gt $value 4.0 }}page{{ else }}warn{{ end }}'}
    annotations: {summary: '{{ $labels.kind }} is {{ $value | humanize }}'}
  - alert: Sticky
    expr: phase:seconds == 2
    keep_firing_for: 2s
  - record: phase:alerts
    expr: count by (alertstate) (ALERTS{alertname="Late"})
`

describe.skipIf(peersAreAbsent)('alerting', () => {
  it('rules write the samples that Prometheus writes, at the same times', async () => {
    const directory = temporaryDirectory()
    const rules = join(directory, 'rules.yml')
    writeFileSync(rules, alternating)
    const config = `rule_files: ['${rules}']\n`
    mkdirSync(join(directory, 'prometheus'))
    mkdirSync(join(directory, 'narthex'))
    const [prometheus, narthex] = await Promise.all([
      startPrometheus(join(directory, 'prometheus'), [], config),
      startBuiltServer({ directory: join(directory, 'narthex'), config }),
    ])
    const since = Math.floor(Date.now() / 1_000)
    // What pends when a server starts began then: one whole phase is let pass.
    const from = since + 9
    const until = from + 6
    const written = async (server: RealProcess) => {
      const { data } = await query(server, 'timestamp(phase:seconds)', until + 2)
      return Number(data.result[0]?.value?.[1] ?? 0) > until ? true : undefined
    }
    await waitUntil('both are past the window', async () =>
      (await written(prometheus)) && (await written(narthex)) ? true : undefined,
    )
    const series = async (server: RealProcess) => {
      const window = '{__name__=~"ALERTS.*|phase:.*"}[6s]'
      const { data } = await query(server, window, until)
      return data.result
    }
    const wanted = await series(prometheus)
    expect(wanted.length).toBeGreaterThan(6)
    expect(await series(narthex)).toEqual(wanted)
  }, 60_000)

  it('alerts reach a real Alertmanager, are resolved there, and a second one that is down costs nothing', async () => {
    const directory = temporaryDirectory()
    const alertmanager = await startAlertmanager(directory)
    const dead = `127.0.0.1:${await freePort()}`
    const rules = join(directory, 'rules.yml')
    const rule = (expr: string) =>
      `groups:\n- name: g\n  interval: 1s\n  rules:\n  - alert: Up\n    expr: ${expr}\n    labels: {severity: page}\n    annotations: {summary: 'is {{ $value }}'}\n`
    writeFileSync(rules, rule('label_replace(vector(7), "instance", "i-{{1}}", "", "")'))
    const config = `
global: {external_labels: {region: north}}
rule_files: ['${rules}']
alerting:
  alert_relabel_configs: [{source_labels: [severity], target_label: priority}]
  alertmanagers:
  - static_configs: [{targets: ['${alertmanager.url.replace('http://', '')}', '${dead}']}]
    timeout: 1s
`
    const flags = ['--rules.alert.resend-delay=1s']
    const narthex = await startBuiltServer({ directory, config, flags })
    const [seen] = await waitUntil('amtool sees the alert', async () => {
      const alerts = seenByAmtool(alertmanager)
      return alerts.length > 0 ? alerts : undefined
    })
    expect(seen?.labels).toEqual({
      alertname: 'Up',
      instance: 'i-{{1}}',
      severity: 'page',
      priority: 'page',
      region: 'north',
    })
    expect(seen?.annotations).toEqual({ summary: 'is 7' })
    expect(seen?.generatorURL).toMatch(/^http:\/\/[^/]+\/graph\?g0\.expr=label_replace%28vector/)
    writeFileSync(rules, rule('vector(7) > 8'))
    narthex.signal('SIGHUP')
    await waitUntil('the alert is resolved', async () =>
      seenByAmtool(alertmanager).length === 0 ? true : undefined,
    )
    const page = await (await fetch(`${narthex.url}/metrics`)).text()
    const dropped = (url: string) =>
      Number(
        new RegExp(
          `prometheus_notifications_dropped_total\\{alertmanager="${url}/api/v2/alerts"\\} (\\d+)`,
        ).exec(page)?.[1],
      )
    expect(dropped(alertmanager.url)).toBe(0)
    expect(dropped(`http://${dead}`)).toBeGreaterThan(0)
  }, 60_000)
})
