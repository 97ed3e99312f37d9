import protobuf from 'protobufjs/minimal.js'
import { describe, expect, it, onTestFinished } from 'vitest'
import { NativeHistogram } from '../../src/model/histogram.ts'
import { Labels } from '../../src/model/labels.ts'
import { seriesId } from '../../src/model/samples.ts'
import { halvesOf, writeStaleAt } from '../../src/model/stale-nan.ts'
import { startApi } from '../support/api-server.ts'
import { DirectRunner } from '../support/direct-runner.ts'
import { openDatabase } from '../support/open-database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const nowMs = Math.floor(Date.now() / 1000) * 1000

async function federating() {
  const database = await openDatabase(temporaryDirectory())
  onTestFinished(() => database.close())
  const appender = database.appender()
  const add = (labels: Readonly<Record<string, string>>, value: number, ageMs = 0) => {
    const id = appender.series(Labels.of(labels))
    appender.append(Uint32Array.of(id), Float64Array.of(nowMs - ageMs), Float64Array.of(value), 1)
    return seriesId(id)
  }
  add({ __name__: 'a.b', instance: 'i', 'l.m': 'x"y\n' }, 1.5)
  add({ __name__: 'plain', zone: 'own' }, 1e21, 60_000)
  const gone = add({ __name__: 'plain', zone: 'gone' }, 1, 2_000)
  const stale = new Float64Array(1)
  writeStaleAt(halvesOf(stale), 0)
  appender.append(Uint32Array.of(gone), Float64Array.of(nowMs - 1_000), stale, 1)
  const histogram = new NativeHistogram()
  histogram.schema = -53
  histogram.customBounds = Float64Array.of(1, 2, 5)
  histogram.customBoundCount = 3
  histogram.setPositiveSpans(Int32Array.of(1, 2), 1)
  histogram.positiveBuckets.set([3, 4])
  histogram.positiveBucketCount = 2
  histogram.count = 7
  histogram.sum[0] = 12
  const classic = appender.series(Labels.of({ __name__: 'classic' }))
  expect(appender.appendHistogram(classic, nowMs, histogram)).toBe(0)
  const native = new NativeHistogram()
  native.count = 2
  native.zeroCount = 2
  const exponential = appender.series(Labels.of({ __name__: 'native' }))
  expect(appender.appendHistogram(exponential, nowMs, native)).toBe(0)
  appender.commit()
  const runner = new DirectRunner(database)
  const api = await startApi({ runner: () => runner, externalLabels: () => [['zone', 'all']] })
  return async (accept: string) => {
    const response = await fetch(`${api.url}/federate?match[]={__name__=~".%2B"}`, {
      headers: { Accept: accept },
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    return { type: response.headers.get('content-type'), bytes, text: bytes.toString() }
  }
}

describe('/federate', () => {
  it('has names escaped for who takes only legacy ones, and quoted for who takes any', async () => {
    const page = await federating()
    const at = `${nowMs}`
    const plain = [
      '# TYPE classic histogram',
      `classic_bucket{instance="",zone="all",le="1"} 0 ${at}`,
      `classic_bucket{instance="",zone="all",le="2"} 3 ${at}`,
      `classic_bucket{instance="",zone="all",le="5"} 7 ${at}`,
      `classic_bucket{instance="",zone="all",le="+Inf"} 7 ${at}`,
      `classic_sum{instance="",zone="all"} 12 ${at}`,
      `classic_count{instance="",zone="all"} 7 ${at}`,
      '# TYPE plain untyped',
      `plain{zone="own",instance=""} 1e+21 ${nowMs - 60_000}`,
      '',
    ]
    const legacy = await page('text/plain')
    expect(legacy.type).toBe('text/plain; version=0.0.4; charset=utf-8; escaping=underscores')
    expect(legacy.text.split('\n')).toEqual([
      '# TYPE a_b untyped',
      `a_b{instance="i",l_m="x\\"y\\n",zone="all"} 1.5 ${at}`,
      ...plain,
    ])
    const any = await page('text/plain;version=0.0.4;escaping=allow-utf-8')
    expect(any.type).toBe('text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8')
    expect(any.text.split('\n')).toEqual([
      '# TYPE "a.b" untyped',
      `{"a.b",instance="i","l.m"="x\\"y\\n",zone="all"} 1.5 ${at}`,
      ...plain,
    ])
  })

  it('is OpenMetrics for who takes nothing else', async () => {
    const page = await federating()
    const { type, text } = await page('application/openmetrics-text;version=1.0.0')
    expect(type).toBe(
      'application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores',
    )
    const lines = text.split('\n')
    expect(lines[0]).toBe('# TYPE a_b unknown')
    expect(lines[1]).toBe(`a_b{instance="i",l_m="x\\"y\\n",zone="all"} 1.5 ${seconds(nowMs)}`)
    expect(lines.at(-2)).toBe('# EOF')
    expect((await page('application/openmetrics-text,text/plain;q=0.1')).type).toContain(
      'text/plain',
    )
  })

  it('has native histograms in protobuf', async () => {
    const page = await federating()
    const accept =
      'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited'
    const { type, bytes } = await page(accept)
    expect(type).toBe(
      'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=underscores',
    )
    const families: (readonly [string, number])[] = []
    const reader = protobuf.Reader.create(bytes)
    while (reader.pos < reader.len) {
      const end = reader.uint32() + reader.pos
      reader.uint32()
      const name = reader.string()
      reader.uint32()
      families.push([name, reader.uint32()])
      reader.pos = end
    }
    expect(families).toEqual([
      ['a_b', 3],
      ['classic', 4],
      ['native', 4],
      ['plain', 3],
    ])
  })

  it('has the messages of protobuf as text for who takes them so', async () => {
    const page = await federating()
    const accept = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily'
    const type = 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily'
    const compact = await page(`${accept};encoding=compact-text`)
    expect(compact.type).toBe(`${type}; encoding=compact-text; escaping=underscores`)
    const at = `timestamp_ms:${nowMs}`
    const zone = 'label:{name:"instance" value:""} label:{name:"zone" value:"all"}'
    const buckets = [
      'bucket:{cumulative_count_float:0 upper_bound:1}',
      'bucket:{cumulative_count_float:3 upper_bound:2}',
      'bucket:{cumulative_count_float:7 upper_bound:5}',
    ].join(' ')
    expect(compact.text.split('\n')).toEqual([
      `name:"a_b" type:UNTYPED metric:{label:{name:"instance" value:"i"} label:{name:"l_m" value:"x\\"y\\n"} label:{name:"zone" value:"all"} untyped:{value:1.5} ${at}}`,
      `name:"classic" type:HISTOGRAM metric:{${zone} histogram:{sample_count_float:7 sample_sum:12 ${buckets}} ${at}}`,
      `name:"native" type:HISTOGRAM metric:{${zone} histogram:{sample_count_float:2 sample_sum:0 schema:0 zero_threshold:0 zero_count_float:2} ${at}}`,
      `name:"plain" type:UNTYPED metric:{label:{name:"zone" value:"own"} label:{name:"instance" value:""} untyped:{value:1e+21} timestamp_ms:${nowMs - 60_000}}`,
      '',
    ])
    const long = await page(`${accept};encoding=text;escaping=dots`)
    expect(long.type).toBe(`${type}; encoding=text; escaping=dots`)
    expect(long.text.split('\n\n')[0]?.split('\n')).toEqual([
      'name: "a_dot_b"',
      'type: UNTYPED',
      'metric: {',
      '  label: {',
      '    name: "instance"',
      '    value: "i"',
      '  }',
      '  label: {',
      '    name: "l_dot_m"',
      '    value: "x\\"y\\n"',
      '  }',
      '  label: {',
      '    name: "zone"',
      '    value: "all"',
      '  }',
      '  untyped: {',
      '    value: 1.5',
      '  }',
      `  timestamp_ms: ${nowMs}`,
      '}',
    ])
  })

  it('has the series of several selectors once, by name and then by labels', async () => {
    const database = await openDatabase(temporaryDirectory())
    onTestFinished(() => database.close())
    const appender = database.appender()
    const sets = [
      { __name__: 'up', job: 'b' },
      { __name__: 'b', job: 'z', A: 'before the name' },
      { __name__: 'up', job: 'a' },
      { __name__: 'a', job: 'b', x: '1' },
      { job: 'b', note: 'without a name' },
      { __name__: 'a', job: 'b' },
    ]
    for (const labels of sets) {
      const id = Uint32Array.of(appender.series(Labels.of(labels)))
      appender.append(id, Float64Array.of(nowMs), Float64Array.of(1), 1)
    }
    appender.commit()
    const runner = new DirectRunner(database)
    const api = await startApi({ runner: () => runner })
    const query = ['{job="b"}', 'up', '{job!="c",__name__!=""}'].map(
      (selector) => `match[]=${encodeURIComponent(selector)}`,
    )
    const page = await (await fetch(`${api.url}/federate?${query.join('&')}`)).text()
    expect(page.split('\n')).toEqual([
      '# TYPE a untyped',
      `a{job="b",instance=""} 1 ${nowMs}`,
      `a{job="b",x="1",instance=""} 1 ${nowMs}`,
      '# TYPE b untyped',
      `b{A="before the name",job="z",instance=""} 1 ${nowMs}`,
      '# TYPE up untyped',
      `up{job="a",instance=""} 1 ${nowMs}`,
      `up{job="b",instance=""} 1 ${nowMs}`,
      '',
    ])
  })
})

/** As Go writes a large number: with an exponent. */
function seconds(timeMs: number): string {
  const text = (timeMs / 1000).toExponential()
  return text.replace(/e\+(\d)$/, 'e+0$1')
}
