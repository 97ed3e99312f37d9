import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { messageOf, NarthexError } from './errors.ts'
import type { Logger } from './logger.ts'

/** Held until release; the system releases it when the process dies, however that happens. */
export interface DirectoryLock {
  /** A lock file was there before: the last one to hold it did not end well. */
  readonly isReplaced: boolean
  release(): void
}

/**
 * Locks `lock` in the directory by flock, as Prometheus does, so that each keeps the other out.
 * Node has no flock: the flock command is run on our descriptor, and since a lock belongs to the
 * open file and not to the process, it stays with us. Without that command a Unix socket serves
 * (of another name: a socket called `lock` would keep Prometheus from starting), with a warning.
 * The file is removed at release. Throws DIRECTORY_LOCKED with the process that holds it.
 */
export async function lockDirectory(directory: string, logger: Logger): Promise<DirectoryLock> {
  const path = join(directory, 'lock')
  const isReplaced = fs.existsSync(path)
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const release = lockFile(directory, path, logger)
    if (release === 'gone') continue
    const held = release === 'no command' ? await lockBySocket(directory) : release
    if (isReplaced) logger.warn('A lock file was there already: it is taken over', { file: path })
    return { isReplaced, release: held }
  }
  throw locked(directory, '')
}

/** The lock file may be removed by who held it, between our opening and locking it. */
const attemptsMax = 10

function lockFile(
  directory: string,
  path: string,
  logger: Logger,
): (() => void) | 'gone' | 'no command' {
  const descriptor = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o644)
  const result = spawnSync('flock', ['-n', '3'], {
    stdio: ['ignore', 'ignore', 'ignore', descriptor],
  })
  if (result.status === 0) {
    if (fs.statSync(path, { throwIfNoEntry: false })?.ino !== fs.fstatSync(descriptor).ino) {
      fs.closeSync(descriptor)
      return 'gone'
    }
    writeHolder(descriptor, logger)
    return () => {
      fs.rmSync(path, { force: true })
      fs.closeSync(descriptor)
    }
  }
  const holder = fs.readFileSync(path, 'utf8').trim()
  fs.closeSync(descriptor)
  if (result.error === undefined) throw locked(directory, holder)
  logger.warn('No flock command: the directory is locked for other Narthex processes only', {
    reason: messageOf(result.error),
  })
  return 'no command'
}

/** For the message of whoever comes second; a full disk keeps nobody from starting. */
function writeHolder(descriptor: number, logger: Logger): void {
  try {
    fs.ftruncateSync(descriptor)
    fs.writeSync(descriptor, `${process.pid}\n`, 0)
  } catch (thrown) {
    logger.warn('The lock file does not say whose it is', { reason: messageOf(thrown) })
  }
}

function locked(directory: string, holder: string): NarthexError {
  const who = holder === '' ? 'another process' : `process ${holder}`
  return new NarthexError('DIRECTORY_LOCKED', `data directory ${directory} is in use by ${who}`)
}

/** The system refuses a second listener; a socket whose listener died refuses connections. */
async function lockBySocket(directory: string): Promise<() => void> {
  const path = join(directory, 'narthex.lock')
  for (let attempt = 0; attempt < 2; attempt++) {
    const server = await listen(path)
    if (server !== undefined) {
      server.unref()
      return () => void server.close()
    }
    if (await answers(path)) throw locked(directory, '')
    fs.rmSync(path, { force: true })
  }
  throw locked(directory, '')
}

function listen(path: string): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', () => resolve(undefined))
    server.listen(path, () => resolve(server))
  })
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
