import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import { api } from '../support/api-client.ts'
import { startBuiltServer } from '../support/built-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'

const rounds = process.env.NARTHEX_SOAK === undefined ? 2 : 20

/** Minutes of work over nothing that is stored; each has a name of its own. */
function heavy(round: number, number: number): string {
  return `sum_over_time(sum_over_time(vector(${round}.${number})[1d:1s])[10d:1s])`
}

it(`${rounds} times kill -9 while queries run: the next start names each of them, and answers the same again`, {
  timeout: rounds * 60_000,
}, async () => {
  const random = seededRandom(Number(process.env.SEED ?? 1))
  const directory = temporaryDirectory()
  const file = join(directory, 'data', 'queries.active')
  for (let round = 0; round < rounds; round++) {
    const server = await startBuiltServer({ directory })
    const queries = [1, 2, 3].map((number) => heavy(round, number))
    const asked = queries.map((query) =>
      api(server.url, 'query', { query }).catch((thrown: unknown) => thrown),
    )
    await waitUntil('all of them run', () => {
      const text = readFileSync(file, 'utf8')
      return queries.every((query) => text.includes(query)) ? true : undefined
    })
    await pause(random() * 200)
    await server.stop('SIGKILL')
    await Promise.all(asked)
    const next = await startBuiltServer({ directory })
    const [line = ''] = next.said.split('\n').filter((text) => text.includes("didn't finish"))
    for (const query of queries) expect(line).toContain(query)
    expect(line).toMatch(/secondsAgo=\d\b/)
    expect(await api(next.url, 'query', { query: `vector(${round})` })).toBeDefined()
    await next.stop()
    expect(readFileSync(file, 'utf8').replaceAll('\0', '')).toBe('[')
  }
})
