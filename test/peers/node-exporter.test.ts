import { execFileSync } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { instant, raw } from '../support/api-client.ts'
import { startBuiltServer } from '../support/built-server.ts'
import { freePort } from '../support/free-port.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { RealProcess } from '../support/real-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const scrapedMs = 15_000

describe.skipIf(peersAreAbsent)('beside the real node_exporter and promtool', () => {
  it('what is scraped at 1 s comes back right through the real promtool', {
    timeout: 90_000,
  }, async () => {
    const exporter = await startExporter()
    const server = await startBuiltServer({
      directory: temporaryDirectory(),
      config: `global: { scrape_interval: 1s }
scrape_configs:
  - job_name: node
    static_configs: [{ targets: ['${new URL(exporter.url).host}'], labels: { rack: a } }]
`,
    })
    await pause(scrapedMs)
    const endSeconds = Math.floor(Date.now() / 1000)
    const instance = new URL(exporter.url).host

    expect(promtool('instant', server.url, 'up{job="node"}')).toContain(
      `up{instance="${instance}", job="node", rack="a"} => 1 @`,
    )
    await expectRates(server.url, endSeconds)

    const range = promtool(
      'range',
      `--start=${endSeconds - 10}`,
      `--end=${endSeconds}`,
      '--step=1s',
      server.url,
      'count(node_cpu_seconds_total)',
    )
    expect(range.split('\n').filter((line) => / @\[/.test(line))).toHaveLength(11)

    const series = promtool('series', '--match=node_load1', server.url)
    expect(series.trim()).toBe(
      `{__name__="node_load1", instance="${instance}", job="node", rack="a"}`,
    )
    const modes = promtool('labels', '--match=node_cpu_seconds_total', server.url, 'mode')
      .trim()
      .split('\n')
    expect(modes).toEqual(['idle', 'iowait', 'irq', 'nice', 'softirq', 'steal', 'system', 'user'])
  })
})

/** The server's rate of every processor and mode is what the stored samples of it give by hand. */
async function expectRates(url: string, endSeconds: number): Promise<void> {
  const lines = promtool('instant', `--time=${endSeconds}`, url, 'rate(node_cpu_seconds_total[5s])')
    .trim()
    .split('\n')
  const samples = await raw(url, 'node_cpu_seconds_total', '5s', endSeconds)
  expect(samples.length).toBeGreaterThanOrEqual(8)
  expect(lines).toHaveLength(samples.length)
  const answered = await instant(url, 'rate(node_cpu_seconds_total[5s])', endSeconds)
  for (const { metric, values } of samples) {
    const found = answered.find(
      (one) => one.metric.cpu === metric.cpu && one.metric.mode === metric.mode,
    )
    expect(Number(found?.value[1])).toBeCloseTo(rateByHand(values, endSeconds, 5), 9)
    const printed = lines.find(
      (line) => line.includes(`cpu="${metric.cpu}"`) && line.includes(`mode="${metric.mode}"`),
    )
    expect(Number(/ => (\S+) @/.exec(printed ?? '')?.[1])).toBeCloseTo(Number(found?.value[1]), 9)
  }
  // A machine that runs this test is not idle: the rates are of real work and add up to its processors.
  const [total] = await instant(url, 'sum(rate(node_cpu_seconds_total[5s]))', endSeconds)
  expect(Number(total?.value[1])).toBeGreaterThan(0.2)
}

/** Prometheus' extrapolation over a left-open window, for a counter without resets; in whole milliseconds. */
function rateByHand(
  values: readonly (readonly [number, string])[],
  endSeconds: number,
  rangeSeconds: number,
): number {
  const [first, last] = [values[0], values.at(-1)]
  if (first === undefined || last === undefined || values.length < 2) return Number.NaN
  const [firstMs, lastMs] = [Math.round(first[0] * 1000), Math.round(last[0] * 1000)]
  const increase = Number(last[1]) - Number(first[1])
  const sampledMs = lastMs - firstMs
  const averageMs = sampledMs / (values.length - 1)
  let toStartMs = firstMs - (endSeconds - rangeSeconds) * 1000
  let toEndMs = endSeconds * 1000 - lastMs
  if (toStartMs >= averageMs * 1.1) toStartMs = averageMs / 2
  if (increase > 0 && Number(first[1]) >= 0) {
    toStartMs = Math.min(toStartMs, sampledMs * (Number(first[1]) / increase))
  }
  if (toEndMs >= averageMs * 1.1) toEndMs = averageMs / 2
  return (increase * ((sampledMs + toStartMs + toEndMs) / sampledMs)) / rangeSeconds
}

async function startExporter(): Promise<RealProcess> {
  const listen = `127.0.0.1:${await freePort()}`
  const exporter = new RealProcess(
    peer('node_exporter'),
    [`--web.listen-address=${listen}`],
    `http://${listen}`,
  )
  onTestFinished(async () => {
    await exporter.stop('SIGKILL')
  })
  await exporter.ready('/metrics')
  return exporter
}

function promtool(...parameters: readonly string[]): string {
  return execFileSync(peer('promtool'), ['query', ...parameters], { encoding: 'utf8' })
}
