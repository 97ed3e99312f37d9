import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { checkTool } from './tsdb-tool.ts'

const hash = '$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG'

const files = {
  empty: '',
  users: `basic_auth_users: {alice: ${hash}}\n`,
  headers: 'http_server_config: {headers: {X-Frame-Options: deny}}\n',
  unknown: 'tls_server_confg: {}\n',
  noHash: 'basic_auth_users: {alice: secret}\n',
  noKey: 'tls_server_config: {cert_file: a.pem}\n',
  noFiles: 'tls_server_config: {cert_file: a.pem, key_file: a.key}\n',
  badHeader: 'http_server_config: {headers: {X-Frame-Options: maybe}}\n',
  badVersion: 'tls_server_config: {cert_file: a, key_file: b, min_version: TLS09}\n',
}

function folder(): string {
  const directory = temporaryDirectory()
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
  return directory
}

describe('check web-config', () => {
  it('names each file, and ends with 1 where one is wrong', async () => {
    const directory = folder()
    const [users, noHash] = [join(directory, 'users'), join(directory, 'noHash')]
    expect(await checkTool('web-config', users)).toEqual({
      code: 0,
      out: '',
      err: `${users} SUCCESS\n`,
    })
    const { code, err } = await checkTool('web-config', users, noHash)
    expect(code).toBe(1)
    expect(err).toMatch(/users SUCCESS\n.*noHash FAILED: .+\n$/)
  })

  it.skipIf(peersAreAbsent)('says what promtool says, and ends as it does', async () => {
    const directory = folder()
    for (const name of Object.keys(files)) {
      const path = join(directory, name)
      const { status, stdout, stderr } = spawnSync(
        peer('promtool'),
        ['check', 'web-config', path],
        { encoding: 'utf8' },
      )
      expect(await checkTool('web-config', path), name).toEqual({
        code: status,
        out: stdout,
        err: stderr,
      })
    }
  })
})
