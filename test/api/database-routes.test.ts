import { expect, it } from 'vitest'
import { startApi } from '../support/api-server.ts'

it('status/tsdb writes times of an empty head as Prometheus does, and passes the limit on', async () => {
  const limits: number[] = []
  const { url } = await startApi({
    statistics: () => ({
      cardinality: async (limit) => {
        limits.push(limit)
        return {
          labelPairs: 1,
          seriesByMetricName: [{ name: 'a', value: 1 }],
          valuesByLabelName: [{ name: 'b', value: 2 }],
          bytesByLabelName: [{ name: 'c', value: 3 }],
          seriesByLabelPair: [{ name: 'd=e', value: 4 }],
        }
      },
      blocks: () => [{ ulid: '01', version: 1 }],
    }),
  })
  const ask = async (path: string) => {
    const response = await fetch(`${url}/api/v1/status/tsdb${path}`)
    return `${response.status} ${await response.text()}`
  }
  expect(await ask('')).toBe(
    '200 {"status":"success","data":{"headStats":{"numSeries":0,"numLabelPairs":1,"chunkCount":0,' +
      '"minTime":9223372036854775807,"maxTime":-9223372036854775808},' +
      '"seriesCountByMetricName":[{"name":"a","value":1}],' +
      '"labelValueCountByLabelName":[{"name":"b","value":2}],' +
      '"memoryInBytesByLabelName":[{"name":"c","value":3}],' +
      '"seriesCountByLabelValuePair":[{"name":"d=e","value":4}]}}',
  )
  expect(await ask('?limit=10000')).toContain('200 ')
  expect(limits).toEqual([10, 10_000])
  expect(await ask('?limit=10001')).toBe(
    '400 {"status":"error","errorType":"bad_data","error":"limit must not exceed 10000"}',
  )
  expect(await ask('?limit=0')).toBe(
    '400 {"status":"error","errorType":"bad_data","error":"limit must be a positive number"}',
  )
  expect(await ask('/blocks')).toBe(
    '200 {"status":"success","data":{"blocks":[{"ulid":"01","version":1}]}}',
  )
})

it('a deletion with a bound that is garbled deletes nothing', async () => {
  let deletions = 0
  const { url } = await startApi({
    admin: () => ({
      deleteSeries: async () => {
        deletions += 1
      },
      cleanTombstones: async () => {},
      snapshot: async () => '',
    }),
  })
  const ask = async (query: string) => {
    const response = await fetch(`${url}/api/v1/admin/tsdb/delete_series?match[]=up&${query}`, {
      method: 'POST',
    })
    return `${response.status} ${await response.text()}`
  }
  expect(await ask('end=%1')).toBe(
    '400 {"status":"error","errorType":"bad_data","error":"error parsing form values: invalid URL escape \\"%1\\""}',
  )
  expect(deletions).toBe(0)
  expect(await ask('end=1')).toBe('204 ')
  expect(deletions).toBe(1)
})
