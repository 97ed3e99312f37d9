import { gunzipSync, inflateSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { goJson } from '../../src/model/go-json.ts'
import { Labels } from '../../src/model/labels.ts'
import type { TargetsView } from '../../src/scrape/target-state.ts'
import type { MetadataSource, MetricMetadata } from '../../src/storage/metadata.ts'
import type { QueryRequest } from '../../src/storage/query-runner.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { feedOf, noTargets, nowMs, startApi } from '../support/api-server.ts'
import { DirectRunner } from '../support/direct-runner.ts'
import { fillDatabase, openDatabase } from '../support/open-database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const now = nowMs / 1000

const jobs = loadConfig(
  `scrape_configs:
- job_name: node
  relabel_configs:
  - { source_labels: [a], target_label: b }
  - { source_labels: [b], regex: '1', action: drop }
  - { regex: c, action: labeldrop }`,
  'x.yml',
).scrapeConfigs

const targets: TargetsView = {
  poolNames: () => ['node', 'blackbox'],
  activeTargets: () => [
    {
      scrapePool: 'node',
      discoveredLabels: Labels.of({ __address__: 'a:9100', job: 'node' }),
      labels: Labels.of({ instance: 'a:9100', job: 'node' }),
      scrapeUrl: 'http://a:9100/metrics',
      lastError: '',
      lastScrapeMs: nowMs - 1_250,
      lastScrapeDurationSeconds: 0.0125,
      health: 'up',
      scrapeInterval: '15s',
      scrapeTimeout: '10s',
    },
  ],
  droppedTargets: () => [
    { scrapePool: 'blackbox', discoveredLabels: Labels.of({ __address__: 'b:1' }) },
  ],
  droppedCounts: () =>
    new Map([
      ['blackbox', 3],
      ['node', 0],
    ]),
  poolConfig: (name) => jobs.find(({ jobName }) => jobName === name),
  eachTargetMetadata: (visit) => {
    const families: readonly (readonly [string, MetricMetadata])[] = [
      ['m', { type: 'gauge', help: 'M.', unit: '' }],
      ['n', { type: 'counter', help: '', unit: 'bytes' }],
    ]
    const each = (tell: (family: string, told: MetricMetadata) => boolean) =>
      families.every(([family, told]) => tell(family, told))
    for (const instance of ['a', 'b']) if (!visit(Labels.of({ instance }), { each })) return
  },
}

const metadata: MetadataSource = {
  eachMetadata(visit) {
    visit('m', { type: 'gauge', help: 'M.', unit: '' })
    visit('m', { type: 'counter', help: 'M.', unit: 'bytes' })
    visit('n', { type: 'info', help: '', unit: '' })
  },
}

const cleanings: (() => void | Promise<void>)[] = []
let url = ''

beforeAll(async () => {
  const atEnd = (clean: () => void | Promise<void>) => cleanings.unshift(clean)
  const database = await openDatabase(temporaryDirectory(atEnd))
  fillDatabase(database, 3, 5, nowMs)
  atEnd(() => database.close())
  const runner = new DirectRunner(database)
  const api = await startApi(
    {
      clock: new SimClock(nowMs),
      runner: () => runner,
      targets: () => targets,
      metadata: () => [metadata],
      notificationFeed: () => feedOf([{ text: 'something is odd', sinceMs: nowMs }]),
    },
    atEnd,
  )
  url = api.url
})

afterAll(async () => {
  for (const clean of cleanings) await clean()
})

async function get(path: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/${path}`)
  return `${response.status} ${await response.text()}`
}

describe('whole answers', () => {
  it.each([
    [
      'query?query=sum(m)',
      `200 {"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[${now},"15"]}]}}`,
    ],
    [
      `query?query=m&time=${now}&limit=1`,
      `200 {"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"m","n":"0"},"value":[${now},"5"]}]},"warnings":["results truncated due to limit"]}`,
    ],
    [
      `query_range?query=sum(m)&start=${now - 30}&end=${now}&step=15`,
      `200 {"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[${now - 30},"9"],[${now - 15},"12"],[${now},"15"]]}]}}`,
    ],
    [
      'series?match[]=m{n="1"}&match[]=nothing',
      '200 {"status":"success","data":[{"__name__":"m","n":"1"}]}',
    ],
    ['labels', '200 {"status":"success","data":["__name__","n"]}'],
    ['label/n/values', '200 {"status":"success","data":["0","1","2"]}'],
    [
      'label/n/values?limit=2',
      '200 {"status":"success","data":["0","1"],"warnings":["results truncated due to limit"]}',
    ],
    ['label/U__n/values', '200 {"status":"success","data":["0","1","2"]}'],
    ['label/U___6e_/values', '200 {"status":"success","data":["0","1","2"]}'],
    [`label/${'x'.repeat(5_000)}/values`, '200 {"status":"success","data":[]}'],
    [
      'metadata',
      '200 {"status":"success","data":{"m":[{"type":"gauge","help":"M.","unit":""},{"type":"counter","help":"M.","unit":"bytes"}],"n":[{"type":"info","help":"","unit":""}]}}',
    ],
    [
      'metadata?limit=1&limit_per_metric=1',
      '200 {"status":"success","data":{"m":[{"type":"gauge","help":"M.","unit":""}]}}',
    ],
    ['metadata?limit=0', '200 {"status":"success","data":{}}'],
    [
      'metadata?metric=n',
      '200 {"status":"success","data":{"n":[{"type":"info","help":"","unit":""}]}}',
    ],
    [
      'targets',
      '200 {"status":"success","data":{"activeTargets":[{"discoveredLabels":{"__address__":"a:9100","job":"node"},"labels":{"instance":"a:9100","job":"node"},"scrapePool":"node","scrapeUrl":"http://a:9100/metrics","globalUrl":"http://a:9100/metrics","lastError":"","lastScrape":"2023-11-14T22:13:18.75Z","lastScrapeDuration":0.0125,"health":"up","scrapeInterval":"15s","scrapeTimeout":"10s"}],"droppedTargets":[{"discoveredLabels":{"__address__":"b:1"},"scrapePool":"blackbox"}],"droppedTargetCounts":{"blackbox":3,"node":0}}}',
    ],
    [
      'targets?state=Dropped&scrapePool=node',
      '200 {"status":"success","data":{"activeTargets":[],"droppedTargets":[],"droppedTargetCounts":{"blackbox":3,"node":0}}}',
    ],
    [
      'targets/metadata?match_target={instance="b"}',
      '200 {"status":"success","data":[{"target":{"instance":"b"},"metric":"m","type":"gauge","help":"M.","unit":""},{"target":{"instance":"b"},"metric":"n","type":"counter","help":"","unit":"bytes"}]}',
    ],
    [
      'targets/metadata?metric=n&limit=1',
      '200 {"status":"success","data":[{"target":{"instance":"a"},"type":"counter","help":"","unit":"bytes"}]}',
    ],
    [
      'targets/metadata?match_target=(',
      '400 {"status":"error","errorType":"bad_data","error":"invalid parameter \\"match_target\\": 1:1: parse error: unexpected \\"(\\""}',
    ],
    [
      'targets/relabel_steps?scrapePool=node&labels={"a":"1","__address__":"x"}',
      '200 {"status":"success","data":{"steps":[{"rule":{"source_labels":["a"],"separator":";","regex":"(.*)","target_label":"b","replacement":"$1","action":"replace"},"output":{"__address__":"x","a":"1","b":"1"},"keep":true},{"rule":{"source_labels":["b"],"separator":";","regex":"1","replacement":"$1","action":"drop"},"output":{},"keep":false},{"rule":{"separator":";","regex":"c","replacement":"$1","action":"labeldrop"},"output":{},"keep":false}]}}',
    ],
    [
      'targets/relabel_steps?scrapePool=node&labels={x}',
      `400 {"status":"error","errorType":"bad_data","error":"error parsing labels: invalid character 'x' looking for beginning of object key string"}`,
    ],
    [
      'targets/relabel_steps?scrapePool=node&labels=[]',
      '400 {"status":"error","errorType":"bad_data","error":"error parsing labels: json: cannot unmarshal array into Go value of type map[string]string"}',
    ],
    [
      'targets/relabel_steps?scrapePool=node&labels={"a":1}',
      '400 {"status":"error","errorType":"bad_data","error":"error parsing labels: json: cannot unmarshal number into Go value of type string"}',
    ],
    [
      'targets/relabel_steps?scrapePool=node',
      '400 {"status":"error","errorType":"bad_data","error":"no labels parameter provided"}',
    ],
    [
      'scrape_pools/config?scrapePool=none',
      '400 {"status":"error","errorType":"bad_data","error":"error retrieving scrape config: scrape pool \\"none\\" not found"}',
    ],
    ['scrape_pools', '200 {"status":"success","data":{"scrapePools":["blackbox","node"]}}'],
    [
      'status/config',
      '200 {"status":"success","data":{"yaml":"global:\\n  scrape_interval: 1m\\n"}}',
    ],
    ['status/flags', '200 {"status":"success","data":{"web.enable-lifecycle":"true"}}'],
    ['status/walreplay', '200 {"status":"success","data":{"min":0,"max":3,"current":3}}'],
    [
      'status/buildinfo',
      '200 {"status":"success","data":{"version":"3.14.0","revision":"","branch":"","buildUser":"","buildDate":"","goVersion":"","narthexVersion":"0.1.0","nodeVersion":"v20.20.0"}}',
    ],
    [
      'status/runtimeinfo',
      '200 {"status":"success","data":{"startTime":"2023-11-14T22:12:20Z","CWD":"/srv","hostname":"host","serverTime":"2023-11-14T22:13:20Z","reloadConfigSuccess":true,"lastConfigTime":"2023-11-14T22:12:20.5Z","corruptionCount":0,"goroutineCount":0,"GOMAXPROCS":2,"GOMEMLIMIT":0,"GOGC":"75","GODEBUG":"","storageRetention":""}}',
    ],
    [
      'notifications',
      '200 {"status":"success","data":[{"text":"something is odd","date":"2023-11-14T22:13:20Z","active":true}]}',
    ],
    ['rules', '200 {"status":"success","data":{"groups":[]}}'],
    ['alerts', '200 {"status":"success","data":{"alerts":[]}}'],
    [
      'alertmanagers',
      '200 {"status":"success","data":{"activeAlertmanagers":[],"droppedAlertmanagers":[]}}',
    ],
    ['query_exemplars?query=rate(m[5m])', '200 {"status":"success","data":[]}'],
    ['query_exemplars?query=1', '204 '],
    ['format_query?query=sum(m)by(n)', '200 {"status":"success","data":"sum by (n) (m)"}'],
  ])('GET %s', async (path, answer) => {
    expect(await get(path)).toBe(answer)
  })

  it('a stats value that is not defined still counts, with a warning', async () => {
    expect(await get('query?query=1&stats=1')).toMatch(
      /^200 .*"stats":\{"timings":.*,"warnings":\["value \\"1\\" for parameter \\"stats\\" is deprecated and will be rejected in the next major release, use \\"true\\" or \\"all\\""\]\}$/,
    )
    expect(await get('query?query=1&stats=true')).not.toContain('warnings')
  })
})

describe('whole errors', () => {
  const bad = (words: string) =>
    `400 ${goJson({ status: 'error', errorType: 'bad_data', error: words })}`

  it.each([
    [
      'query?query=sum(',
      bad('invalid parameter "query": 1:5: parse error: unclosed left parenthesis'),
    ],
    [
      'query?query=1&time=x',
      bad(
        'invalid parameter "time": invalid time value for \'time\': cannot parse "x" to a valid timestamp',
      ),
    ],
    [
      'query?query=1&timeout=x',
      bad('invalid parameter "timeout": cannot parse "x" to a valid duration'),
    ],
    [
      'query?query=1&lookback_delta=x',
      bad('error parsing lookback delta duration: cannot parse "x" to a valid duration'),
    ],
    ['query?query=1&time=x&limit=-1', bad('invalid parameter "limit": limit must be non-negative')],
    [
      'query_range?query=m&end=1&step=1',
      bad('invalid parameter "start": cannot parse "" to a valid timestamp'),
    ],
    [
      'query_range?query=m&start=2&end=1&step=1',
      bad('invalid parameter "end": end timestamp must not be before start time'),
    ],
    [
      'query_range?query=m&start=0&end=10&step=0.0001',
      bad(
        'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
      ),
    ],
    [
      'query_range?query=m&start=1&end=2&step=0',
      bad(
        'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
      ),
    ],
    [
      'query_range?query=m&start=0&end=11001&step=1',
      bad(
        'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
      ),
    ],
    ['series', bad('no match[] parameter provided')],
    ['series?match[]=up&x=%zz', bad('error parsing form values: invalid URL escape "%zz"')],
    ['rules?a;b', bad('error parsing form values: invalid semicolon separator in query')],
    [
      'series?match[]={}',
      bad('invalid parameter "match[]": match[] must contain at least one non-empty matcher'),
    ],
    [
      'series?match[]=%20',
      bad('invalid parameter "match[]": 1:2: parse error: unexpected end of input'),
    ],
    [
      'series?match[]=%23 nothing%0A%20%20',
      bad('invalid parameter "match[]": 2:3: parse error: unexpected end of input'),
    ],
    [
      'series?match[]={}&match[]=a offset 1m',
      bad('invalid parameter "match[]": 1:3: parse error: unexpected <offset>'),
    ],
    [
      'query?query="<%26>"&time=1.5',
      '200 {"status":"success","data":{"resultType":"string","result":[1.5,"\\u003c\\u0026\\u003e"]}}',
    ],
    [
      'query?query=7&time=1.5',
      '200 {"status":"success","data":{"resultType":"scalar","result":[1.5,"7"]}}',
    ],
    ['format_query?query=a>1', '200 {"status":"success","data":"a \\u003e 1"}'],
    ['label/a%ffb/values', bad('invalid label name: "a\\xffb"')],
    ['label/%zz/values', bad("'/api/v1/label/%zz/values' is not a valid url component")],
    ['metadata?limit=x', bad('limit must be a number')],
    [
      'query?query=1&time=%ff%01',
      bad(
        'invalid parameter "time": invalid time value for \'time\': cannot parse "\\xff\\x01" to a valid timestamp',
      ),
    ],
    [
      'query?query=1&timeout=%00%e2%80%a8',
      bad('invalid parameter "timeout": cannot parse "\\x00\\u2028" to a valid duration'),
    ],
    [
      'query?query=1&lookback_delta=%ff',
      bad('error parsing lookback delta duration: cannot parse "\\xff" to a valid duration'),
    ],
    [
      'labels?limit=%ff',
      bad('invalid parameter "limit": strconv.Atoi: parsing "\\xff": invalid syntax'),
    ],
    [
      'rules?group_limit=%ff',
      bad(
        'invalid parameter "group_limit": group_limit needs to be a valid number: strconv.ParseInt: parsing "\\xff": invalid syntax',
      ),
    ],
    ['rules?type=x', bad('invalid parameter "type": not supported value "x"')],
    [
      'query?query=1&timeout=0',
      '503 {"status":"error","errorType":"timeout","error":"query timed out in query execution"}',
    ],
    [
      'parse_query?query=a%2B',
      bad('invalid parameter "query": 1:3: parse error: unexpected end of input'),
    ],
    [
      'parse_query?query=-(1)',
      '200 {"status":"success","data":{"type":"unaryExpr","op":"-","expr":{"type":"parenExpr","expr":{"type":"numberLiteral","val":"1"}}}}',
    ],
    [
      'parse_query?query=a[1m%2B2]',
      '200 {"status":"success","data":{"type":"matrixSelector","name":"a","matchers":[{"name":"__name__","value":"a","type":"="}],"anchored":false,"smoothed":false,"offset":0,"offsetExpr":null,"timestamp":null,"startOrEnd":null,"range":0,"rangeExpr":{"type":"durationExpr","op":"+","lhs":{"type":"numberLiteral","val":"60","duration":true},"rhs":{"type":"numberLiteral","val":"2","duration":false},"wrapped":false}}}',
    ],
    [
      'parse_query?query=a==bool on(x)group_left(y)b',
      '200 {"status":"success","data":{"type":"binaryExpr","op":"==","matching":{"card":"many-to-one","labels":["x"],"on":true,"include":["y"],"fillValues":{"lhs":null,"rhs":null}},"bool":true,"lhs":{"type":"vectorSelector","name":"a","matchers":[{"name":"__name__","value":"a","type":"="}],"anchored":false,"smoothed":false,"offset":0,"offsetExpr":null,"timestamp":null,"startOrEnd":null},"rhs":{"type":"vectorSelector","name":"b","matchers":[{"name":"__name__","value":"b","type":"="}],"anchored":false,"smoothed":false,"offset":0,"offsetExpr":null,"timestamp":null,"startOrEnd":null}}}',
    ],
    [
      'parse_query?query="%5Cxff"',
      String.raw`200 {"status":"success","data":{"type":"stringLiteral","val":"\ufffd"}}`,
    ],
    ['nothing', '404 404 page not found\n'],
  ])('GET %s', async (path, answer) => {
    expect(await get(path)).toBe(answer)
  })

  it.each([
    ['execution', 422],
    ['timeout', 503],
    ['canceled', 499],
    ['internal', 500],
    ['unavailable', 503],
    ['bad_data', 400],
  ] as const)('a query that fails by %s answers %d', async (errorType, status) => {
    const api = await startApi({
      runner: () => ({ run: async () => ({ ok: false, errorType, message: 'why' }) }),
    })
    const response = await fetch(`${api.url}/api/v1/labels`)
    expect([response.status, await response.json()]).toEqual([
      status,
      { status: 'error', errorType, error: 'why' },
    ])
  })
})

describe('what a query is asked with', () => {
  async function asked(path: string, body?: URLSearchParams): Promise<QueryRequest> {
    const requests: QueryRequest[] = []
    const api = await startApi({
      clock: new SimClock(nowMs),
      runner: () => ({
        run: async (request) => {
          requests.push(request)
          return { ok: true, body: [new TextEncoder().encode('{}')] }
        },
      }),
    })
    const request = body === undefined ? {} : { method: 'POST', body }
    await fetch(`${api.url}/api/v1/${path}`, request)
    const [first] = requests
    if (first === undefined) throw new Error('nothing was asked')
    return first
  }

  it('the smaller of the timeout that is asked for and the one of the flag', async () => {
    expect(await asked('query?query=m&timeout=5s')).toMatchObject({ bounds: { timeoutMs: 5_000 } })
    expect(await asked('query?query=m&timeout=1h')).toMatchObject({
      bounds: { timeoutMs: 120_000 },
    })
  })

  it('its own lookback where it is above 0', async () => {
    expect(await asked('query?query=m&lookback_delta=1m')).toMatchObject({
      bounds: { lookbackMs: 60_000 },
    })
    expect(await asked('query?query=m&lookback_delta=0.0001')).toMatchObject({
      bounds: { lookbackMs: 1 },
    })
    expect(await asked('query?query=m&lookback_delta=0')).toMatchObject({
      bounds: { lookbackMs: 300_000 },
    })
  })

  it('the whole of a range query', async () => {
    const form = new URLSearchParams({ query: 'm', start: '1', end: '3601', step: '1m' })
    expect(await asked('query_range?end=5&limit=2', form)).toEqual({
      coding: 'gzip',
      kind: 'range',
      query: 'm',
      startMs: 1_000,
      endMs: 3_601_000,
      stepMs: 60_000,
      bounds: {
        timeoutMs: 120_000,
        lookbackMs: 300_000,
        samplesMax: 50_000_000,
        subqueryStepMs: 60_000,
        limit: 2,
      },
      origin: {
        kind: 'http',
        clientAddress: '127.0.0.1',
        method: 'POST',
        path: '/api/v1/query_range',
      },
      stats: 'none',
    })
  })

  it('an explanation is asked for as an instant query, or with a start as a range query', async () => {
    expect(await asked('narthex/explain?query=m&time=5')).toMatchObject({
      kind: 'instant',
      timeMs: 5_000,
      explain: 'plan',
    })
    const form = new URLSearchParams({ query: 'm', start: '1', end: '2', step: '1' })
    expect(await asked('narthex/explain?analyze=true', form)).toMatchObject({
      kind: 'range',
      stepMs: 1_000,
      explain: 'analyze',
    })
  })

  it('11,000 steps and a bit are allowed', async () => {
    expect(await asked('query_range?query=m&start=0&end=11000.9&step=1')).toMatchObject({
      endMs: 11_000_900,
    })
  })

  it('metadata over all time where no time is given, also with the end before the start', async () => {
    expect(await asked('labels')).toMatchObject({ startMs: -8.64e15, endMs: 8.64e15, matches: [] })
    expect(await asked('labels?start=2&end=1')).toMatchObject({ startMs: 2_000, endMs: 1_000 })
  })
})

describe('compression', () => {
  const long = `{"status":"success","data":"${'x'.repeat(20_000)}"}`

  async function coded(accept: string, text = long) {
    const halves = [text.slice(0, 5_000), text.slice(5_000)].filter((half) => half !== '')
    const body = halves.map((half) => new TextEncoder().encode(half))
    const api = await startApi({ runner: () => ({ run: async () => ({ ok: true, body }) }) })
    const response = await rawAnswer(`${api.url}/api/v1/labels`, accept)
    return {
      coding: response.headers['content-encoding'],
      vary: response.headers.vary,
      bytes: response.bytes,
    }
  }

  it('gzip where the client takes it, and says that the answer depends on it', async () => {
    const { coding, vary, bytes } = await coded('br, gzip, deflate')
    expect([coding, vary]).toEqual(['gzip', 'Accept-Encoding, Origin'])
    expect(gunzipSync(bytes).toString()).toBe(long)
  })

  it.each(['deflate, gzip', 'gzip;q=0, deflate'])(
    'deflate where that is taken first: %s',
    async (accept) => {
      const { coding, bytes } = await coded(accept)
      expect(coding).toBe('deflate')
      expect(inflateSync(bytes).toString()).toBe(long)
    },
  )

  it.each(['', 'identity', 'br', 'gzip;q=0'])('none for %j', async (accept) => {
    const { coding, vary, bytes } = await coded(accept)
    expect([coding, vary, bytes.toString()]).toEqual([undefined, 'Accept-Encoding, Origin', long])
  })

  it.each([
    ['/api/v1/query?query=1&time=x', 'Accept-Encoding, Origin'],
    ['/federate?match[]=(', 'Accept-Encoding'],
  ])('of errors answers say the same: %s', async (path, vary) => {
    const run = async () => ({ ok: false, errorType: 'bad_data', message: 'x' }) as const
    const api = await startApi({ runner: () => ({ run }) })
    const response = await fetch(api.url + path)
    expect([response.status, response.headers.get('vary')]).toEqual([400, vary])
  })

  it('none for what is small', async () => {
    expect((await coded('gzip', '{}')).coding).toBeUndefined()
  })
})

/** fetch would undo the coding. */
async function rawAnswer(address: string, accept: string) {
  const { get: ask } = await import('node:http')
  const headers = accept === '' ? {} : { 'Accept-Encoding': accept }
  return new Promise<{ headers: import('node:http').IncomingHttpHeaders; bytes: Buffer }>(
    (resolve, reject) => {
      ask(address, { headers }, (response) => {
        const pieces: Buffer[] = []
        response.on('data', (piece: Buffer) => pieces.push(piece))
        response.on('end', () =>
          resolve({ headers: response.headers, bytes: Buffer.concat(pieces) }),
        )
      }).on('error', reject)
    },
  )
}

describe('before the log is replayed', () => {
  it.each(['query?query=1', 'labels', 'targets', 'status/config', 'rules'])(
    '%s answers 503',
    async (path) => {
      const api = await startApi({ isReady: () => false, targets: () => noTargets })
      const response = await fetch(`${api.url}/api/v1/${path}`)
      expect([
        response.status,
        response.headers.get('x-prometheus-stopping'),
        await response.text(),
      ]).toEqual([503, 'false', 'Service Unavailable'])
    },
  )

  it.each(['/-/healthy', '/metrics', '/api/v1/status/walreplay', '/api/v1/notifications'])(
    '%s answers all the same',
    async (path) => {
      const api = await startApi({ isReady: () => false })
      expect((await fetch(api.url + path)).status).toBe(200)
    },
  )

  it('/-/ready says no, and yes afterwards', async () => {
    let isReady = false
    const api = await startApi({ isReady: () => isReady })
    const ready = async () => {
      const response = await fetch(`${api.url}/-/ready`)
      return `${response.status} ${await response.text()}`
    }
    expect(await ready()).toBe('503 Service Unavailable')
    isReady = true
    expect(await ready()).toBe('200 Prometheus Server is Ready.\n')
  })
})
