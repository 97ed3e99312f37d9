import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { pageServer } from '../support/page-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { debugTool } from './tsdb-tool.ts'

/** The archive is written where the command runs. */
function workIn(directory: string): void {
  const before = process.cwd()
  process.chdir(directory)
  onTestFinished(() => process.chdir(before))
}

describe('debug', () => {
  it('puts what the server has into an archive that tar reads, profiles unpacked', async () => {
    const directory = temporaryDirectory()
    workIn(directory)
    const { host } = await pageServer((request, response) => {
      const path = request.url?.replace(/\?.*/, '')
      if (path === '/p/metrics') response.end('up 1\n')
      else if (path === '/p/debug/pprof/heap') response.end(gzipSync('a profile'))
      else {
        response.statusCode = 404
        response.end()
      }
    })
    const { code, out, err } = await debugTool('all', `http://${host}/p/`)
    expect(code).toBe(0)
    expect(out).toContain(`collecting: http://${host}/p/debug/pprof/profile?seconds=30\n`)
    expect(out).toMatch(/all files written in "debug\.tar\.gz"\.\n$/)
    expect(err.split('\n')).toContain('narthex: /debug/pprof/mutex is not served: status 404')
    execFileSync('tar', ['-xzf', 'debug.tar.gz'], { cwd: directory })
    const text = (name: string) => readFileSync(join(directory, name), 'utf8')
    expect([text('metrics.txt'), text('heap.pb')]).toEqual(['up 1\n', 'a profile'])
  })

  it('fails where the server does', async () => {
    const { host } = await pageServer((_request, response) => {
      response.statusCode = 500
      response.end()
    })
    const { code, err } = await debugTool('metrics', host)
    const url = `http://${host}/metrics`
    expect([code, err]).toEqual([
      1,
      `error completing debug command: error executing HTTP request: Get "${url}": status 500\n`,
    ])
  })
})
