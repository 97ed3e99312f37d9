import { execFile } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pageServer } from '../support/page-server.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { tsdbTool } from './tsdb-tool.ts'

const startSeconds = 1_700_000_000
const rules = `groups:
- name: first
  labels: {team: t}
  rules:
  - {record: 'a:sum', expr: sum by (x) (a), labels: {fixed: 'yes', gone: ''}}
  - {record: b, expr: a + 1}
- name: second
  interval: 5m
  rules:
  - {record: c, expr: a}
`
const alert = 'groups: [{name: g, rules: [{alert: A, expr: a}, {record: r, expr: a}]}]\n'

/** Answers queries of ranges with two series that have a point at every step. */
async function rangeServer(twice = false) {
  const asked: string[] = []
  const { host } = await pageServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const form = new URLSearchParams(Buffer.concat(pieces).toString())
      // Promtool asks with parts of milliseconds, which rules of a server do not have.
      const [start = 0, end = 0, step = 1] = ['start', 'end', 'step'].map(
        (name) => Math.floor(Number(form.get(name)) * 1_000) / 1_000,
      )
      asked.push(`${request.url} ${form.get('query')} ${start} ${end} ${step}`)
      const values: (readonly [number, string])[] = []
      for (let at = start; at <= end; at += step) {
        values.push([
          Math.round(at * 1_000) / 1_000,
          values.length % 7 === 3 ? 'NaN' : String(at / 3),
        ])
      }
      const result = [
        { metric: { __name__: 'a', x: '1', fixed: 'no' }, values },
        { metric: { __name__: 'z', x: twice ? '1' : '2' }, values: values.slice(3) },
      ]
      response.setHeader('Content-Type', 'application/json')
      response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }))
    })
  })
  return { url: `http://${host}`, asked }
}

function files(): { readonly file: string; readonly output: string; readonly theirs: string } {
  const directory = temporaryDirectory()
  const file = join(directory, 'rules.yml')
  writeFileSync(file, rules)
  return { file, output: join(directory, 'ours'), theirs: join(directory, 'theirs') }
}

const times = [`--start=${startSeconds}`, `--end=${startSeconds + 9_000}`]

describe('tsdb create-blocks-from rules', () => {
  it('makes a block of each recording rule and range, with the labels of rule and group over the others', async () => {
    const { file, output } = files()
    writeFileSync(file, alert)
    const { url, asked } = await rangeServer()
    const flags = [`--url=${url}`, ...times, `--output-dir=${output}`, '--eval-interval=30m']
    const answer = await tsdbTool('create-blocks-from', 'rules', ...flags, file)
    expect(answer).toEqual({ code: 0, out: '', err: '' })
    // Two ranges of two hours; the alerting rule is asked for in none.
    expect([asked.length, readdirSync(output).length]).toEqual([2, 2])
    const { out } = await tsdbTool('dump', output)
    expect(out.split('\n')[0]).toMatch(/^\{__name__="r", fixed="no", x="1"\} /)
  })

  it('tells which rule failed and goes on, and refuses times and files before it asks', async () => {
    const { file, output } = files()
    const { url } = await rangeServer(true)
    const flags = [`--url=${url}`, `--output-dir=${output}`]
    const run = (...more: readonly string[]) =>
      tsdbTool('create-blocks-from', 'rules', ...flags, ...more)
    const { code, err } = await run(...times, file)
    const words = 'vector contains metrics with the same labelset after applying rule labels'
    expect(code).toBe(1)
    expect(err).toBe(`narthex: rule importer error: ${words}\nnarthex: error importing rules\n`)
    expect(readdirSync(output).length).toBeGreaterThan(0)
    const [start] = times
    expect((await run(`${start}`, `--end=${startSeconds}`, file)).err).toBe(
      'narthex: start time is not before end time\n',
    )
    expect((await run('--start=x', file)).err).toContain('error parsing start time')
    expect((await run(...times, `${file}x`)).err).toContain('does not exist')
    writeFileSync(file, 'groups: [{name: ""}]\n')
    expect((await run(...times, file)).err).toContain('rule importer parse error')
  })

  it.skipIf(peersAreAbsent)(
    'asks what promtool asks, and makes as many blocks with the same samples',
    async () => {
      const { file, output, theirs } = files()
      const ours = await rangeServer()
      const other = await rangeServer()
      for (const more of [[], ['--max-block-duration=6h', '--eval-interval=7s']]) {
        const run = (url: string, directory: string) => [
          'create-blocks-from',
          ...more.slice(0, 1),
          'rules',
          ...more.slice(1),
          `--url=${url}`,
          ...times,
          `--output-dir=${directory}`,
          file,
        ]
        expect(await tsdbTool(...run(ours.url, output))).toMatchObject({ code: 0, err: '' })
        await new Promise<void>((resolve, reject) => {
          execFile(peer('promtool'), ['tsdb', ...run(other.url, theirs)], (failed) =>
            failed === null ? resolve() : reject(failed),
          )
        })
      }
      expect(ours.asked.toSorted()).toEqual(other.asked.toSorted())
      expect(readdirSync(output).length).toBe(readdirSync(theirs).length)
      const dump = async (directory: string) => (await tsdbTool('dump', directory)).out.split('\n')
      const found = await dump(output)
      expect(found.length).toBeGreaterThan(5_000)
      expect(found.toSorted()).toEqual((await dump(theirs)).toSorted())
    },
  )
})
