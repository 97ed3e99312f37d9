import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { pageServer } from '../support/page-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { checkTool } from './tsdb-tool.ts'

describe('check healthy and check ready', () => {
  it('ask the page of each below the path of the URL, with its credentials or those of a file', async () => {
    const asked: (readonly (string | undefined)[])[] = []
    const { host } = await pageServer((request, response) => {
      asked.push([request.url, request.headers.authorization])
      response.end('Server is Ready.\n')
    })
    const config = join(temporaryDirectory(), 'http.yml')
    writeFileSync(config, 'authorization: { credentials: secret }\n')
    const url = `http://${host}/prometheus/`
    expect(await checkTool('ready', `--url=${url}`, `--http.config.file=${config}`)).toEqual({
      code: 0,
      out: '',
      err: '  SUCCESS:  Server is Ready.\n\n',
    })
    expect((await checkTool('healthy', `--url=http://u:p%40@${host}`)).code).toBe(0)
    expect(asked).toEqual([
      ['/prometheus/-/ready', 'Bearer secret'],
      ['/-/healthy', `Basic ${Buffer.from('u:p@').toString('base64')}`],
    ])
    const both = await checkTool('ready', `--url=http://u@${host}`, `--http.config.file=${config}`)
    expect([both.code, both.err]).toEqual([1, expect.stringContaining('Cannot set base auth')])
  })

  it('exit with 1 where the server is not, or says otherwise', async () => {
    const { host } = await pageServer((_request, response) => {
      response.statusCode = 503
      response.end('Service Unavailable')
    })
    expect(await checkTool('ready', `--url=http://${host}`)).toEqual({
      code: 1,
      out: '',
      err: `check failed: URL=http://${host}, status=503\n`,
    })
    const port = await freePort()
    const { code, err } = await checkTool('healthy', `--url=http://127.0.0.1:${port}`)
    expect([code, err]).toEqual([
      1,
      `Get "http://127.0.0.1:${port}/-/healthy": dial tcp 127.0.0.1:${port}: connect: connection refused\n`,
    ])
  })
})
