import { gunzipSync } from 'node:zlib'
import { Profile } from 'pprof-format'
import { expect, it } from 'vitest'
import type { Profiler, ProfileStack } from '../../src/base/profiler.ts'
import { startApi } from '../support/api-server.ts'

const frame = (functionName: string, line: number) => ({ functionName, file: 'engine.ts', line })
const stacks: readonly ProfileStack[] = [
  { thread: 'main', frames: [frame('serve', 3)], values: [2, 10_000_000] },
  { thread: 'query 1', frames: [frame('sum', 9), frame('run', 5)], values: [1, 5_000_000] },
  { thread: 'query 1', frames: [frame('run', 5)], values: [3, 15_000_000] },
]

/** Answers these stacks whatever is asked, and notes what was asked. */
function noting(asked: string[], answer: Promise<readonly ProfileStack[]>): Profiler {
  const noted = (name: string) => (durationMs: number) => {
    asked.push(`${name} ${durationMs}`)
    return answer
  }
  return {
    cpu: noted('cpu'),
    heap: noted('heap'),
    allocations: noted('allocations'),
    threads: () => noted('threads')(0),
  }
}

async function start(answer: Promise<readonly ProfileStack[]> = Promise.resolve(stacks)) {
  const asked: string[] = []
  const { url } = await startApi({ profiler: noting(asked, answer) })
  return { asked, get: (path: string) => fetch(`${url}${path}`, { redirect: 'manual' }) }
}

it('a profile is what pprof reads: types, period, time, stacks of functions, and the thread', async () => {
  const { get } = await start()
  const response = await get('/debug/pprof/profile?seconds=1')
  expect(response.headers.get('content-type')).toBe('application/octet-stream')
  expect(response.headers.get('content-disposition')).toBe('attachment; filename="profile"')
  const profile = Profile.decode(gunzipSync(Buffer.from(await response.arrayBuffer())))
  const text = (index: number | bigint) => profile.stringTable.strings[Number(index)]
  expect(profile.sampleType.map(({ type, unit }) => [text(type), text(unit)])).toEqual([
    ['samples', 'count'],
    ['cpu', 'nanoseconds'],
  ])
  expect([text(profile.periodType?.type ?? 0), Number(profile.period)]).toEqual(['cpu', 5_000_000])
  const agoMs = Date.now() - Number(profile.timeNanos) / 1e6
  expect(agoMs >= 0 && agoMs < 60_000).toBe(true)
  const functionOf = (location: number | bigint) => {
    const [line] = profile.location[Number(location) - 1]?.line ?? []
    const callee = profile.function[Number(line?.functionId) - 1]
    return `${text(callee?.name ?? 0)} ${text(callee?.filename ?? 0)}:${Number(line?.line)}`
  }
  expect(
    profile.sample.map(({ locationId, value, label: [label] }) => ({
      [`${text(label?.key ?? 0)} ${text(label?.str ?? 0)}`]: locationId.map(functionOf),
      value: value.map(Number),
    })),
  ).toEqual([
    { 'thread main': ['serve engine.ts:3'], value: [2, 10_000_000] },
    { 'thread query 1': ['sum engine.ts:9', 'run engine.ts:5'], value: [1, 5_000_000] },
    { 'thread query 1': ['run engine.ts:5'], value: [3, 15_000_000] },
  ])
  expect(profile.location).toHaveLength(3)
})

it('each profile is asked for its time, as Go reads seconds', async () => {
  const { asked, get } = await start()
  const paths = [
    'profile',
    'profile?seconds=2',
    'profile?seconds=-1',
    'profile?seconds=0.5',
    'heap',
    'allocs?seconds=300',
    'goroutine',
  ]
  for (const path of paths) expect((await get(`/debug/pprof/${path}`)).status).toBe(200)
  expect(asked).toEqual([
    'cpu 30000',
    'cpu 2000',
    'cpu 30000',
    'cpu 30000',
    'heap 5000',
    'allocations 300000',
    'threads 0',
  ])
})

it('debug=1 answers folded stacks', async () => {
  const { get } = await start()
  expect(await (await get('/debug/pprof/goroutine?debug=1')).text()).toBe(
    'main;serve 10000000\nquery 1;run 15000000\nquery 1;run;sum 5000000\n',
  )
})

it('there is one profile at a time, at most five minutes long', async () => {
  let end: (stacks: readonly ProfileStack[]) => void = () => undefined
  const { asked, get } = await start(
    new Promise((resolve) => {
      end = resolve
    }),
  )
  const first = get('/debug/pprof/profile')
  await expect.poll(() => asked).toEqual(['cpu 30000'])
  expect((await get('/debug/pprof/heap')).status).toBe(503)
  end(stacks)
  expect((await first).status).toBe(200)
  const long = await get('/debug/pprof/heap?seconds=301')
  expect([long.status, await long.text()]).toEqual([400, 'a profile of 301 s, limit 300 s\n'])
  expect((await get('/debug/pprof/heap')).status).toBe(200)
})

it('what Go has and Node has not is refused by name, and the index names what there is', async () => {
  const { asked, get } = await start()
  for (const name of ['block', 'mutex', 'threadcreate', 'trace', 'symbol', 'fgprof']) {
    const response = await get(`/debug/pprof/${name}`)
    expect([response.status, await response.text()]).toEqual([404, expect.stringContaining(name)])
  }
  expect((await get('/debug/pprof/other')).status).toBe(404)
  expect((await get('/debug/vars')).status).toBe(404)
  const moved = await get('/debug/pprof')
  expect([moved.status, moved.headers.get('location')]).toEqual([301, '/debug/pprof/'])
  const index = await (await get('/debug/pprof/')).text()
  for (const name of ['profile', 'heap', 'allocs', 'goroutine', 'cmdline']) {
    expect(index).toMatch(new RegExp(`^${name} `, 'm'))
  }
  expect((await (await get('/debug/pprof/cmdline')).text()).split('\0')).toEqual(process.argv)
  expect(asked).toEqual([])
})
