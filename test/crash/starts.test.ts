import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startBuiltServer } from '../support/built-server.ts'
import { freePort } from '../support/free-port.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { startPrometheus } from '../support/real-prometheus.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'

const rounds = process.env.NARTHEX_SOAK === undefined ? 5 : 50
const bundle = join(import.meta.dirname, '..', '..', 'dist', 'narthex.cjs')

/** Parameters of a server over `data` of a directory, on a port of its own. */
async function parametersOf(directory: string): Promise<readonly string[]> {
  const config = join(directory, 'prometheus.yml')
  if (!existsSync(config)) writeFileSync(config, '')
  return [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(directory, 'data')}`,
    `--web.listen-address=127.0.0.1:${await freePort()}`,
    '--log.level=error',
  ]
}

interface Start {
  readonly pid: number
  readonly ended: Promise<{ readonly code: number | null; readonly said: string }>
  kill(): void
}

function start(parameters: readonly string[]): Start {
  const child = spawn(process.execPath, [bundle, ...parameters])
  let said = ''
  child.stderr.on('data', (piece: Buffer) => {
    said += piece.toString()
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return {
    pid: child.pid ?? 0,
    ended: new Promise((resolve) => child.once('exit', (code) => resolve({ code, said }))),
    kill: () => child.kill('SIGKILL'),
  }
}

describe('servers that want the same directory', { timeout: rounds * 60_000 }, () => {
  it(`${rounds} times five at once: one wins, the others name it and end with 1; a stale lock is taken over`, async () => {
    const directory = temporaryDirectory()
    for (let round = 0; round < rounds; round++) {
      const starts = []
      for (let count = 0; count < 5; count++) starts.push(start(await parametersOf(directory)))
      const ends: { pid: number; code: number | null; said: string }[] = []
      for (const { pid, ended } of starts) {
        void ended.then(({ code, said }) => ends.push({ pid, code, said }))
      }
      await waitUntil('four have ended', () => (ends.length >= 4 ? true : undefined))
      const winner = starts.find(({ pid }) => !ends.some((end) => end.pid === pid))
      expect(ends.map(({ code }) => code)).toEqual([1, 1, 1, 1])
      for (const { said } of ends) {
        expect(said).toMatch(/^narthex: .*data is in use by (process \d+|another process)\n$/)
      }
      // The next round finds what it left.
      winner?.kill()
      await winner?.ended
    }
  })

  it.skipIf(peersAreAbsent)('a Prometheus and we keep each other out', async () => {
    const directory = temporaryDirectory()
    const ours = await startBuiltServer({ directory })
    const theirs = spawnSync(
      peer('prometheus'),
      [
        `--config.file=${join(directory, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        '--web.listen-address=127.0.0.1:0',
      ],
      { encoding: 'utf8', timeout: 20_000 },
    )
    expect(theirs.status).toBe(1)
    expect(theirs.stderr).toContain('resource temporarily unavailable')
    expect((await fetch(`${ours.url}/-/ready`)).status).toBe(200)
    await ours.stop('SIGKILL')
    await startPrometheus(directory)
    const { code, said } = await start(await parametersOf(directory)).ended
    expect([code, said]).toEqual([1, expect.stringMatching(/^narthex: .* is in use by .*\n$/)])
  })
})

describe('a directory that cannot be used', () => {
  const cases: readonly (readonly [what: string, make: (data: string) => void, words: RegExp])[] = [
    ['a file', (data) => writeFileSync(data, ''), /ENOTDIR|EEXIST/],
    [
      'below a file',
      (data) => {
        rmSync(join(data, '..'), { recursive: true })
        writeFileSync(join(data, '..'), '')
      },
      /ENOTDIR/,
    ],
    ['a link to nothing', (data) => symlinkSync('/nowhere/at/all', data), /EEXIST/],
    ['a link to itself', (data) => symlinkSync(data, data), /ELOOP/],
    ...['wal', 'wbl', 'chunks_head'].map(
      (name) =>
        [
          `with a file named ${name}`,
          (data: string) => {
            mkdirSync(data)
            writeFileSync(join(data, name), 'mine')
          },
          new RegExp(`${name} is not a directory`),
        ] as const,
    ),
    [
      'with a folder named lock',
      (data) => {
        mkdirSync(join(data, 'lock'), { recursive: true })
      },
      /lock is not a file/,
    ],
  ]

  it.each(cases)('%s: one line, code 1, and nothing is created', async (_, make, words) => {
    const directory = temporaryDirectory()
    const data = join(directory, 'parent', 'data')
    mkdirSync(join(directory, 'parent'))
    make(data)
    await expectRefused(directory, data, words)
  })

  it('too long a name, and what is no place for files', async () => {
    const directory = temporaryDirectory()
    await expectRefused(directory, join(directory, 'n'.repeat(300)), /ENAMETOOLONG/)
    await expectRefused(directory, '/dev/null/data', /ENOTDIR/)
    await expectRefused(directory, '/proc/data', /ENOENT/)
    await expectRefused(directory, '/proc/data/inner', /ENOENT/)
  })

  it('on a disk that is only read', async () => {
    const directory = temporaryDirectory()
    const disk = join(directory, 'disk')
    mkdirSync(disk)
    const options = ['-t', 'tmpfs', '-o', 'ro,size=1m', 'tmpfs', disk]
    const mounted = spawnSync('mount', options, { encoding: 'utf8' })
    if (mounted.status !== 0) {
      console.log(`SKIPPED: nothing can be mounted here: ${mounted.stderr}`)
      return
    }
    try {
      await expectRefused(directory, disk, /EROFS/)
      await expectRefused(directory, join(disk, 'data'), /EROFS|ENOENT/)
    } finally {
      spawnSync('umount', [disk])
    }
  })
})

async function expectRefused(directory: string, data: string, words: RegExp): Promise<void> {
  const before = treeOf(directory)
  const config = join(directory, 'prometheus.yml')
  writeFileSync(config, '')
  const { code, said } = await start([
    `--config.file=${config}`,
    `--storage.tsdb.path=${data}`,
    `--web.listen-address=127.0.0.1:${await freePort()}`,
    '--log.level=error',
  ]).ended
  expect([code, said.split('\n').length]).toEqual([1, 2])
  expect(said).toMatch(/^narthex: data directory .* cannot be used: /)
  expect(said).toMatch(words)
  rmSync(config)
  expect(treeOf(directory)).toEqual(before)
}

function treeOf(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true }).map(String).sort()
}
