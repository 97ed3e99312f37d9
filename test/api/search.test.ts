import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Labels } from '../../src/model/labels.ts'
import type { MetadataSource } from '../../src/storage/metadata.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { nowMs, startApi } from '../support/api-server.ts'
import { DirectRunner } from '../support/direct-runner.ts'
import { openDatabase } from '../support/open-database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const metadata: MetadataSource = {
  eachMetadata(visit) {
    for (const help of ['Requests.', 'Another text.']) {
      if (!visit('http_requests_total', { type: 'counter', help, unit: '' })) return
    }
  },
}

const cleanings: (() => void | Promise<void>)[] = []
let url = ''

beforeAll(async () => {
  const atEnd = (clean: () => void | Promise<void>) => cleanings.unshift(clean)
  const database = await openDatabase(temporaryDirectory(atEnd))
  atEnd(() => database.close())
  const appender = database.appender()
  const ids = ['http_requests_total', 'http_errors_total', 'Node_CPU', 'up'].map((name, index) =>
    appender.series(Labels.of({ __name__: name, path: `/${index}`, zone: index < 2 ? 'a' : 'b' })),
  )
  const times = new Float64Array(4).fill(nowMs - 1_000)
  appender.append(Uint32Array.from(ids), times, new Float64Array(4), 4)
  appender.commit()
  const runner = new DirectRunner(database)
  const api = await startApi(
    { clock: new SimClock(nowMs), runner: () => runner, metadata: () => [metadata] },
    atEnd,
  )
  url = api.url
})

afterAll(async () => {
  for (const clean of cleanings) await clean()
})

async function get(path: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/search/${path}`)
  return `${response.status} ${await response.text()}`
}

const end = '{"status":"success","has_more":false}\n'

describe('the search API', () => {
  it.each([
    [
      'metric_names',
      `{"results":[{"name":"Node_CPU"},{"name":"http_errors_total"},{"name":"http_requests_total"},{"name":"up"}]}\n${end}`,
    ],
    [
      'metric_names?limit=2&batch_size=1&sort_by=alpha&sort_dir=dsc',
      '{"results":[{"name":"up"}]}\n{"results":[{"name":"http_requests_total"}]}\n{"status":"success","has_more":true}\n',
    ],
    [
      'metric_names?search[]=requests&search[]=up&sort_by=score&include_score=1',
      `{"results":[{"name":"up","score":1},{"name":"http_requests_total","score":0.9924276315789474}]}\n${end}`,
    ],
    [
      'metric_names?search[]=htp_req&fuzz_threshold=80&fuzz_alg=jarowinkler&include_metadata=true',
      `{"results":[{"name":"http_requests_total","type":"counter","help":"Requests."}]}\n${end}`,
    ],
    [
      'metric_names?search[]=total&fuzz_alg=jarowinkler&include_score=true&limit=1',
      '{"results":[{"name":"http_errors_total","score":0.09999999999999998}]}\n{"status":"success","has_more":true}\n',
    ],
    ['metric_names?search[]=cpu', `{"results":[]}\n${end}`],
    ['metric_names?search[]=cpu&case_sensitive=F', `{"results":[{"name":"Node_CPU"}]}\n${end}`],
    ['metric_names?search[]=x&include_metadata=1', `{"results":[]}\n${end}`],
    [
      'label_names?match[]=up&match[]={zone="a"}',
      `{"results":[{"name":"__name__"},{"name":"path"},{"name":"zone"}]}\n${end}`,
    ],
    ['label_values?label=zone&search[]=', `{"results":[{"value":"a"},{"value":"b"}]}\n${end}`],
    [
      'label_values?label=path&match[]={zone="a",path!="/0"}',
      `{"results":[{"value":"/1"}]}\n${end}`,
    ],
    ['label_values?label=none', `{"results":[]}\n${end}`],
  ])('answers %s in lines', async (path, expected) => {
    expect(await get(path)).toBe(`200 ${expected}`)
  })

  it.each([
    [
      'metric_names?start=x',
      `invalid time value for 'start': cannot parse "x" to a valid timestamp`,
    ],
    ['metric_names?x=%zz&start=x', 'error parsing form values: invalid URL escape "%zz"'],
    ['metric_names?x=1;y=2', 'error parsing form values: invalid semicolon separator in query'],
    ['metric_names?limit=%ff', 'invalid limit "\\xff": must be a positive integer'],
    ['metric_names?start=2&end=1', 'end timestamp must not be before start timestamp'],
    [`metric_names?${'search[]=a&'.repeat(33)}`, 'too many search[] terms: got 33, maximum is 32'],
    ['metric_names?fuzz_threshold=101', 'invalid fuzz_threshold "101": must be 0-100'],
    [
      'metric_names?fuzz_alg=x',
      'unsupported fuzz_alg "x": must be one of [subsequence jarowinkler]',
    ],
    ['metric_names?case_sensitive=x', 'invalid case_sensitive "x": must be boolean'],
    ['metric_names?include_score=yes', 'invalid include_score "yes": must be boolean'],
    ['metric_names?sort_dir=asc', 'sort_dir is only valid when sort_by is set'],
    ['metric_names?sort_by=score&sort_dir=asc', 'sort_dir is not supported for sort_by=score'],
    ['metric_names?sort_by=alpha&sort_dir=x', 'invalid sort_dir "x": must be "asc" or "dsc"'],
    ['metric_names?sort_by=score', 'sort_by=score requires search[] to be set'],
    ['label_names?sort_by=x', 'invalid sort_by "x" for label_names: must be "alpha" or "score"'],
    ['metric_names?limit=0', 'invalid limit "0": must be a positive integer'],
    [
      'metric_names?limit=51',
      'limit 51 exceeds the configured maximum (50, see --web.search.max-limit)',
    ],
    ['metric_names?batch_size=x', 'invalid batch_size "x": must be a positive integer'],
    ['metric_names?include_metadata=x', 'invalid include_metadata "x": must be boolean'],
    ['label_values', 'missing required parameter "label"'],
    ['label_names?match[]={}', 'match[] must contain at least one non-empty matcher'],
  ])('refuses %s', async (path, words) => {
    const body = { status: 'error', errorType: 'bad_data', error: words }
    expect(await get(path)).toBe(`400 ${JSON.stringify(body)}`)
  })

  it('takes forms, and says what its lines are', async () => {
    const body = new URLSearchParams([['search[]', 'up']])
    const response = await fetch(`${url}/api/v1/search/metric_names`, { method: 'POST', body })
    expect(await response.text()).toBe(`{"results":[{"name":"up"}]}\n${end}`)
    expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8')
  })

  it('is off without its feature', async () => {
    const api = await startApi({ search: undefined })
    const response = await fetch(`${api.url}/api/v1/search/label_names`)
    expect(`${response.status} ${await response.text()}`).toBe(
      '500 {"status":"error","errorType":"unavailable","error":"search API disabled"}',
    )
  })
})
