import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { Labels } from '../../src/model/labels.ts'
import { acceptHeader, pageFormat } from '../../src/scrape/negotiation.ts'
import { targetOf } from '../../src/scrape/target.ts'

function jobOf(text: string) {
  const [job] = loadConfig(`scrape_configs:\n- job_name: j\n${text}`, 'x.yml').scrapeConfigs
  if (job === undefined) throw new Error('no job')
  return job
}

function outcomeOf(text: string, own: Record<string, string>, group: Record<string, string> = {}) {
  return targetOf(Labels.of(own), Labels.of(group), jobOf(text))
}

describe('making a target', () => {
  it('its own labels win over those of its group, then come job and instance', () => {
    const outcome = outcomeOf(
      '',
      { __address__: 'h:1', a: 'own' },
      { a: 'group', b: 'group', __meta_x: '1' },
    )
    if (outcome.kind !== 'active') throw new Error(outcome.kind)
    expect(outcome.target.labels.toObject()).toEqual({
      a: 'own',
      b: 'group',
      instance: 'h:1',
      job: 'j',
    })
    expect(outcome.target.url.text).toBe('http://h:1/metrics')
    expect(outcome.target.discoveredLabels.get('__meta_x')).toBe('1')
  })

  it('relabelling decides about address, path, parameters, interval and scheme', () => {
    const outcome = outcomeOf(
      `  params: {m: [a, b]}
  relabel_configs:
  - {target_label: __address__, replacement: "other:2"}
  - {target_label: __metrics_path__, replacement: /p q}
  - {target_label: __param_m, replacement: "x&y"}
  - {target_label: __scheme__, replacement: https}
  - {target_label: __scrape_interval__, replacement: 20s}
`,
      { __address__: 'h:1' },
    )
    if (outcome.kind !== 'active') throw new Error(outcome.kind)
    expect(outcome.target.url.text).toBe('https://other:2/p%20q?m=x%26y&m=b')
    expect(outcome.target.intervalMs).toBe(20_000)
    expect(outcome.target.labels.get('instance')).toBe('other:2')
  })

  it.each([
    ['', {}, 'no address'],
    ['', { __address__: 'a/b' }, '"a/b" is not a valid hostname'],
    [
      '',
      { __address__: 'a', __scrape_timeout__: '2m' },
      'scrape timeout cannot be greater than scrape interval ("2m" > "1m")',
    ],
    ['', { __address__: 'a', __scrape_interval__: '0s' }, 'scrape interval cannot be 0'],
    [
      '',
      { __address__: 'a', __scrape_interval__: 'x' },
      'error parsing scrape interval: not a valid duration string: "x"',
    ],
  ])('%j with %j is no target: %s', (text, own, reason) => {
    expect(outcomeOf(text, own)).toMatchObject({ kind: 'failed', reason })
  })

  it('what relabelling drops is told with the labels it had', () => {
    const outcome = outcomeOf(
      '  relabel_configs: [{action: drop, source_labels: [__address__], regex: h.*}]\n',
      { __address__: 'h' },
    )
    expect(outcome.kind === 'dropped' && outcome.discoveredLabels.get('job')).toBe('j')
  })
})

describe('negotiation', () => {
  it('the default Accept header is that of upstream', () => {
    const job = jobOf('')
    expect(acceptHeader(job.scrapeProtocols, job.escapingScheme)).toBe(
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,' +
        'application/openmetrics-text;version=0.0.1;q=0.5,' +
        'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,' +
        'text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
    )
  })

  it.each([
    ['text/plain; version=0.0.4; charset=utf-8', 'text'],
    ['Application/OpenMetrics-Text; version=1.0.0', 'openmetrics'],
  ])('%s is %s', (contentType, format) => {
    expect(pageFormat(contentType, undefined)).toBe(format)
  })

  it.each([
    [
      '',
      'non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target',
    ],
    [
      'text/html',
      'received unsupported Content-Type "text/html" and no fallback_scrape_protocol specified for target',
    ],
    [
      'text',
      'received unsupported Content-Type "text" and no fallback_scrape_protocol specified for target',
    ],
    [
      'text/plain; charset',
      'cannot parse Content-Type "text/plain; charset" and no fallback_scrape_protocol for target\nmime: invalid media parameter',
    ],
  ])('%j fails the scrape unless there is a fallback', (contentType, message) => {
    expect(() => pageFormat(contentType, undefined)).toThrow(message)
    expect(pageFormat(contentType, 'PrometheusText0.0.4')).toBe('text')
  })
})
