import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { slotBefore } from '../../src/rules/group-loop.ts'
import { startBuiltServer } from '../support/built-server.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import type { RealProcess } from '../support/real-process.ts'
import { startPrometheus } from '../support/real-prometheus.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** Since the beginning of an interval: by then all have evaluated their slot. */
const slotEndMs = 1_200

/** What the two servers have in common; only their data directories differ. */
class TwoServers {
  readonly #directory = temporaryDirectory()
  readonly rulesFile = join(this.#directory, 'rules.yml')
  readonly #flags: readonly string[]
  /** Of all groups: long enough for both to start between two slots, however busy the machine is. */
  intervalMs = 3_000
  servers: readonly RealProcess[] = []

  constructor(flags: readonly string[]) {
    this.#flags = flags
    for (const name of ['prometheus', 'narthex']) mkdirSync(join(this.#directory, name))
  }

  /** Starts both without rules to see how long it takes. */
  async measure(): Promise<void> {
    const startMs = performance.now()
    await this.#startBoth('')
    const tookMs = performance.now() - startMs
    await this.stop('SIGKILL')
    this.intervalMs = Math.min(Math.max(3, Math.ceil((3 * tookMs) / 1_000)), 20) * 1_000
  }

  /** A name whose slots lie at the beginning of the interval, and not beside a whole second. */
  groupName(prefix: string): string {
    const { intervalMs } = this
    for (let number = 0; ; number++) {
      const name = `${prefix}${number}`
      const slotMs = slotBefore({ file: this.rulesFile, name, intervalMs }, Date.now())
      const offsetMs = slotMs % intervalMs
      if (offsetMs > 100 && offsetMs < 400) return name
    }
  }

  /**
   * Starts both behind a slot and before the next one. Where one was too slow for that, both are
   * started again: what evaluated once has not written any alerts yet.
   */
  async start(): Promise<void> {
    for (;;) {
      await this.slotsPassed(1)
      const endMs = Date.now() + this.intervalMs - slotEndMs
      await this.#startBoth(`rule_files: ['${this.rulesFile}']\n`)
      if (Date.now() < endMs) return
      await this.stop('SIGKILL')
    }
  }

  async #startBoth(config: string): Promise<void> {
    const [theirs = '', ours = ''] = ['prometheus', 'narthex'].map((name) =>
      join(this.#directory, name),
    )
    this.servers = await Promise.all([
      startPrometheus(theirs, this.#flags, config),
      startBuiltServer({ directory: ours, config, flags: this.#flags }),
    ])
  }

  /** Resolves when so many more slots are over. */
  async slotsPassed(slots: number): Promise<void> {
    const sinceMs = (Date.now() - slotEndMs) % this.intervalMs
    await pause(slots * this.intervalMs - sinceMs)
  }

  async stop(signal: NodeJS.Signals): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop(signal)))
  }

  /** Of both: what they say on a path. */
  async told<T>(path: string): Promise<readonly T[]> {
    const answers = this.servers.map(async ({ url }) => (await fetch(url + path)).json())
    return (await Promise.all(answers)) as readonly T[]
  }

  /** Every sample of both, with the stale markers, as the real promtool reads the directories. */
  dumps(): readonly (readonly string[])[] {
    return ['prometheus', 'narthex'].map((name) => {
      const data = join(this.#directory, name, 'data')
      const match = '--match={__name__=~"ALERTS.*"}'
      const text = execFileSync(peer('promtool'), ['tsdb', 'dump', match, data]).toString()
      // The series of a group that is gone end at the millisecond of the reload.
      const lines = text.trimEnd().replaceAll(/(alertname="Away".* NaN) \d+$/gm, '$1 reload')
      return lines.split('\n').sort()
    })
  }
}

interface AlertsAnswer {
  readonly data: {
    readonly alerts: readonly {
      readonly labels: Readonly<Record<string, string>>
      readonly state: string
      readonly activeAt: string
    }[]
  }
}

/** What restores `for` does it by the clock: whole seconds agree. */
function seconds({ data }: AlertsAnswer): readonly string[] {
  const line = (labels: object, state: string, activeAt: string) =>
    `${JSON.stringify(labels)} ${state} ${activeAt.slice(0, 19)}`
  return data.alerts.map((alert) => line(alert.labels, alert.state, alert.activeAt)).sort()
}

interface RulesAnswer {
  readonly data: {
    readonly groups: readonly {
      readonly name: string
      readonly rules: readonly { readonly name: string; readonly state?: string }[]
    }[]
  }
}

function states({ data }: RulesAnswer): readonly string[] {
  return data.groups.flatMap(({ name, rules }) =>
    rules.map((rule) => `${name} ${rule.name} ${rule.state ?? 'records'}`),
  )
}

/** The same in `steady` every time; `changed` loses a rule, gets another `for` and annotation. */
function rulesOf(
  { steady, changed, gone }: Readonly<Record<string, string>>,
  intervalMs: number,
  isReloaded: boolean,
): string {
  const seconds = intervalMs / 1_000
  const slot = `floor(vector(time() / ${seconds})) % 5`
  const slots = (count: number) => `${Math.floor(count * seconds)}s`
  const interval = slots(1)
  return `
groups:
- name: ${steady}
  interval: ${interval}
  rules:
  - {alert: Long, expr: vector(1), for: ${slots(6)}, labels: {kind: long}}
  - {alert: Soon, expr: vector(1), for: ${slots(3.5)}}
  - {alert: Fired, expr: vector(1), for: ${slots(2)}}
  - {alert: Short, expr: vector(1), for: ${slots(1)}}
  - {alert: Now, expr: vector(1)}
  - {alert: Waves, expr: '${slot} < 3', for: ${slots(1)}}
  - {alert: Sticky, expr: '${slot} == 1', keep_firing_for: ${slots(1.7)}, labels: {is: '{{ $value }}'}}
- name: ${changed}
  interval: ${interval}
  query_offset: 1s
  rules:
  - {alert: Kept, expr: vector(2), for: ${slots(isReloaded ? 3 : 10)}, annotations: {now: '${isReloaded}'}}
  - {alert: Relabeled, expr: vector(2), for: ${slots(1.5)}, labels: {reloaded: '${isReloaded}'}}
  ${isReloaded ? '' : '- {alert: Dropped, expr: vector(1)}'}
${isReloaded ? '' : `- {name: ${gone}, interval: ${interval}, rules: [{alert: Away, expr: vector(1)}]}`}
`
}

describe.skipIf(peersAreAbsent)('alerts over deaths and reloads', () => {
  it('kill -9, a reload and a restart leave the series and states that Prometheus has', async () => {
    const two = new TwoServers(['--rules.alert.for-grace-period=4s'])
    await two.measure()
    const names = {
      steady: two.groupName('steady'),
      changed: two.groupName('changed'),
      gone: two.groupName('gone'),
    }
    writeFileSync(two.rulesFile, rulesOf(names, two.intervalMs, false))
    const agree = async (words: string) => {
      const [theirs, ours] = (await two.told<AlertsAnswer>('/api/v1/alerts')).map(seconds)
      expect(ours, words).toEqual(theirs)
      const [wanted, found] = (await two.told<RulesAnswer>('/api/v1/rules')).map(states)
      expect(found, words).toEqual(wanted)
      return found
    }
    await two.start()
    await two.slotsPassed(4)
    await agree('before the death')
    await two.stop('SIGKILL')
    await two.start()
    await two.slotsPassed(3)
    expect(await agree('after the death')).toContain(`${names.steady} Long pending`)
    writeFileSync(two.rulesFile, rulesOf(names, two.intervalMs, true))
    for (const server of two.servers) server.signal('SIGHUP')
    await two.slotsPassed(3)
    expect(await agree('after the reload')).toContain(`${names.steady} Long firing`)
    await two.stop('SIGTERM')
    await two.start()
    await two.slotsPassed(3)
    await agree('after the restart')
    await two.stop('SIGKILL')
    const [theirs = [], ours = []] = two.dumps()
    expect(theirs.length).toBeGreaterThan(100)
    expect(theirs.some((line) => / NaN /.test(line))).toBe(true)
    expect(ours).toEqual(theirs)
  }, 400_000)
})
