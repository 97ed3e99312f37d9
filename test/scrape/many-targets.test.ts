import { expect, it, onTestFinished } from 'vitest'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { limits } from '../../src/base/limits.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { TargetGroup } from '../../src/discovery/discoverer.ts'
import { Labels } from '../../src/model/labels.ts'
import { ScrapeManager } from '../../src/scrape/manager.ts'
import { RecordingAppendable } from '../support/recording-appendable.ts'
import { waitUntil } from '../support/wait-until.ts'

type Report = (groups: ReadonlyMap<string, readonly TargetGroup[]>) => void

/** A clock by which looking at it takes a while, so that turns end by count. */
function slowClock(stepMs: number, armed = () => {}): Clock {
  let monotonicMs = 0
  return {
    ...systemClock,
    monotonicMs: () => {
      monotonicMs += stepMs
      return monotonicMs
    },
    after: () => {
      armed()
      return { cancel: () => undefined }
    },
  }
}

function jobOf(label: string) {
  const text = `scrape_configs: [{ job_name: j, scrape_interval: 1h, relabel_configs: [${label}] }]`
  return loadConfig(text, 'x.yml')
}

function groupsOf(from: number, to: number): ReadonlyMap<string, readonly TargetGroup[]> {
  const targets = Array.from({ length: to - from }, (_, index) =>
    Labels.of({ __address__: `h${from + index}:1` }),
  )
  return new Map([['j', [{ source: 'a', targets, labels: Labels.empty }]]])
}

function manyTargets(armed?: () => void) {
  const reports: Report[] = []
  const manager = new ScrapeManager({
    clock: slowClock(limits.mainTurnMs / 50, armed),
    metrics: new MetricsRegistry(),
    logger: silentLogger,
    fs: nodeFileSystem,
    appendable: new RecordingAppendable(),
    discovery: { subscribe: (report) => reports.push(report), apply: () => {}, stop: () => {} },
    hostName: 'test',
  })
  onTestFinished(() => manager.stop())
  const [report] = reports
  if (report === undefined) throw new Error('the manager did not subscribe')
  manager.apply(jobOf(''))
  return { manager, report }
}

it('thousands of loops begin anew in turns, and only once for two reloads', async () => {
  let begun = 0
  const { manager, report } = manyTargets(() => begun++)
  report(groupsOf(0, 2_000))
  await waitUntil('all are there', () => begun === 2_000 || undefined)
  const reload = (max: number) => {
    const text = `scrape_configs: [{ job_name: j, scrape_interval: 1h, sample_limit: ${max} }]`
    manager.apply(loadConfig(text, 'x.yml'))
  }
  begun = 0
  reload(1)
  const first = begun
  expect(first).toBeLessThan(200)
  reload(2)
  await waitUntil('all began anew', () => begun >= 2_000 + first || undefined)
  await new Promise(setImmediate)
  expect(begun).toBe(2_000 + first)
  expect(manager.activeTargets().length).toBe(2_000)
})

it('thousands of targets are taken in turns, and what comes in between is not lost', async () => {
  const { manager, report } = manyTargets()
  const addresses = () => manager.activeTargets().map(({ labels }) => labels.get('instance'))
  report(groupsOf(0, 2_000))
  expect(addresses().length).toBeLessThan(200)
  // A newer answer while the first one is still being taken, then a reload while that one is.
  await new Promise(setImmediate)
  report(groupsOf(1_000, 2_500))
  await new Promise(setImmediate)
  manager.apply(jobOf('{ target_label: rack, replacement: a }'))
  await waitUntil('all are there', () => addresses().length === 1_500 || undefined)
  expect(new Set(addresses()).has('h999:1')).toBe(false)
  expect(new Set(manager.activeTargets().map(({ labels }) => labels.get('rack')))).toEqual(
    new Set(['a']),
  )
})
