import { describe, expect, it } from 'vitest'
import { limits } from '../../src/base/limits.ts'
import type { QueryRequest } from '../../src/storage/query-runner.ts'
import { DirectRunner } from '../support/direct-runner.ts'
import { RuleBench, settled } from './rule-bench.ts'

const bounds = { timeoutMs: 120_000, lookbackMs: 300_000, samplesMax: 50_000_000, limit: 0 }

function groupOf(name: string, rules: string): string {
  return `- name: ${name}\n  interval: 1m\n  rules:\n${rules}`
}

describe('what goes wrong with a rule', () => {
  it('fails always: its health, a metric and the log tell, the others are evaluated and written', async () => {
    const bench = await RuleBench.open()
    bench.put({ __name__: 'x', i: '1' }, 1)
    bench.put({ __name__: 'x', i: '2' }, 1)
    const rules = '  - {record: bad, expr: x + on() x}\n  - {record: good, expr: sum(x)}\n'
    bench.apply(groupOf('g', rules))
    await bench.runPast(2)
    const [bad, good] = bench.group().rules
    expect([bad?.health, good?.health]).toEqual(['err', 'ok'])
    expect(bad?.lastError).toContain('found duplicate series')
    expect(bench.metric('prometheus_rule_evaluations_total')).toBe(6)
    expect(bench.metric('prometheus_rule_evaluation_failures_total')).toBe(3)
    expect(bench.lines.filter((line) => line.startsWith('Evaluating rule failed')).length).toBe(3)
    expect(await bench.stored('good')).toEqual({
      '': [
        [0, 2],
        [1, 2],
        [2, 2],
      ],
    })
  })

  it('takes longer than its interval: iterations of its group are missed, of others none', async () => {
    const bench = await RuleBench.open()
    let release: () => void = () => undefined
    bench.beforeQuery = async (query) => {
      if (query !== 'slow') return
      await new Promise<void>((resolve) => {
        release = resolve
      })
    }
    const slow = groupOf('slow', '  - {record: s, expr: slow}\n')
    bench.apply(groupOf('g', '  - {record: r, expr: vector(1)}\n') + slow)
    await bench.runPast(4)
    bench.beforeQuery = async () => undefined
    release()
    await settled()
    await bench.runPast(5)
    const missed = 'prometheus_rule_group_iterations_missed_total'
    expect(bench.metric(missed, 'slow')).toBeGreaterThan(2)
    expect(bench.metric(missed)).toBe(0)
    const minutes = ((await bench.stored('r'))[''] ?? []).map(([minute]) => minute)
    expect(minutes).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('brings its worker down: the others of its request are asked again without it', async () => {
    const bench = await RuleBench.open()
    const direct = new DirectRunner(bench.database)
    const asked: number[] = []
    const run = async (request: QueryRequest, signal: AbortSignal) => {
      const queries = request.kind === 'rules' ? request.queries : []
      asked.push(queries.length)
      if (!queries.includes('deadly')) return await direct.run(request, signal)
      const message = 'the query worker ended: exit code 1'
      return { ok: false, errorType: 'internal', message } as const
    }
    const rules = ['vector(1)', 'deadly', 'vector(2)']
      .map((expr, index) => `  - {record: r${index}, expr: ${expr}}\n`)
      .join('')
    bench.apply(groupOf('g', rules), { runner: { run } })
    await bench.runPast(0)
    expect(asked).toEqual([3, 1, 1, 1])
    expect(bench.group().rules.map(({ health }) => health)).toEqual(['ok', 'err', 'ok'])
    expect(await bench.stored('r2')).toEqual({ '': [[0, 2]] })
  })

  it('asks for more series in a template than people read: the annotation says so', async () => {
    const bench = await RuleBench.open()
    for (let index = 0; index <= limits.templateRowsMax; index++) {
      bench.put({ __name__: 'many', i: String(index) }, 1)
    }
    const loop = `'{{ range query "many" }}{{ .Value }}{{ end }}'`
    bench.apply(groupOf('g', `  - {alert: A, expr: vector(1), annotations: {n: ${loop}}}\n`), {
      bounds: () => bounds,
    })
    await bench.runPast(0)
    const [alert] = bench.alerting('A').current
    const words = `the answer has ${limits.templateRowsMax + 1} series, limit ${limits.templateRowsMax}`
    expect(alert?.annotations.get('n')).toContain(words)
    expect(alert?.annotations.get('n')).toMatch(/^<error expanding template: /)
    expect(
      bench.registry
        .families()
        .find(({ name }) => name === 'prometheus_template_text_expansion_failures_total')
        ?.metrics[0]?.value,
    ).toBe(1)
    expect(bench.alerting('A').health).toBe('ok')
  })

  it('has a label from its group that does not parse: the alert has it, with words instead', async () => {
    const bench = await RuleBench.open()
    const labels = `labels: {ok: '{{ $value }}', wrong: '{{ if }}'}`
    bench.apply(`- name: g\n  interval: 1m\n  ${labels}\n  rules: [{alert: A, expr: vector(1)}]\n`)
    await bench.runPast(1)
    // As Prometheus, which looks at labels of rules only when it reads a file.
    const fault = 'error parsing template __alert_A: template: __alert_A:1: missing value for if'
    expect(bench.alerting('A').current.map(({ labels }) => labels.toObject())).toEqual([
      { alertname: 'A', ok: '1', wrong: `<error expanding template: ${fault}>` },
    ])
    expect(bench.lines).toEqual(
      Array.from(
        { length: 2 },
        () => `Expanding alert template failed ${JSON.stringify({ err: fault })}`,
      ),
    )
  })
})
