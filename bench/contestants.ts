import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { nodeFlags, serverEnvironment } from '../scripts/server-process.mjs'

/** A server under measurement: how it is started, and where it takes samples and queries. */
export interface Contestant {
  readonly name: 'narthex' | 'prometheus' | 'victoriametrics'
  readonly version: string
  command(place: Place): readonly string[]
  readonly writePath: string
  /** Parameters for every query, such as one that turns a result cache off. */
  readonly queryParameters: Readonly<Record<string, string>>
  /** Whether it keeps native histograms as what they are. */
  readonly keepsHistograms: boolean
}

export interface Place {
  readonly dataDirectory: string
  readonly configFile: string
  readonly listen: string
}

export interface Running {
  readonly contestant: Contestant
  readonly pid: number
  readonly url: string
  readonly dataDirectory: string
  readonly flags: readonly string[]
  /** SIGTERM, and waits for the end. */
  stop(): Promise<void>
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>
}

export function contestants(peersDirectory: string): readonly Contestant[] {
  const root = join(import.meta.dirname, '..')
  const prometheus = join(peersDirectory, 'prometheus')
  const victoria = join(peersDirectory, 'victoria-metrics')
  const common = (place: Place) => [
    `--config.file=${place.configFile}`,
    `--storage.tsdb.path=${place.dataDirectory}`,
    `--web.listen-address=${place.listen}`,
    '--web.enable-remote-write-receiver',
    '--web.enable-admin-api',
    '--log.level=warn',
  ]
  return [
    {
      name: 'narthex',
      version: firstLine(process.execPath, [join(root, 'dist', 'narthex.cjs'), '--version']),
      command: (place) => [
        process.execPath,
        ...nodeFlags,
        join(root, 'dist', 'narthex.cjs'),
        ...common(place),
      ],
      writePath: '/api/v1/write',
      queryParameters: {},
      keepsHistograms: true,
    },
    {
      name: 'prometheus',
      version: firstLine(prometheus, ['--version']),
      command: (place) => [prometheus, ...common(place), '--enable-feature=native-histograms'],
      writePath: '/api/v1/write',
      queryParameters: {},
      keepsHistograms: true,
    },
    {
      name: 'victoriametrics',
      // Debian's build does not know its own version: the list of what was unpacked does.
      version: packageVersion(peersDirectory, 'victoria-metrics'),
      command: (place) => [
        victoria,
        `-promscrape.config=${place.configFile}`,
        `-storageDataPath=${place.dataDirectory}`,
        `-httpListenAddr=${place.listen}`,
        '-retentionPeriod=100y',
        '-search.latencyOffset=0s',
        '-loggerLevel=WARN',
      ],
      writePath: '/api/v1/write',
      queryParameters: { nocache: '1' },
      // It makes classic buckets of its own of them.
      keepsHistograms: false,
    },
  ]
}

/** Starts one and waits until it answers queries. */
export async function start(
  contestant: Contestant,
  folder: string,
  port: number,
  config: string,
): Promise<Running> {
  const dataDirectory = join(folder, contestant.name, 'data')
  const configFile = join(folder, contestant.name, 'config.yml')
  mkdirSync(dataDirectory, { recursive: true })
  writeFileSync(configFile, config)
  const listen = `127.0.0.1:${port}`
  const [program = '', ...flags] = contestant.command({ dataDirectory, configFile, listen })
  // As npm start does it; others do not ask for these.
  const env = contestant.name === 'narthex' ? serverEnvironment(process.env) : process.env
  const child = spawn(program, flags, { stdio: ['ignore', 'ignore', 'pipe'], env })
  let complaints = ''
  child.stderr.on('data', (piece: Buffer) => {
    complaints = (complaints + piece.toString()).slice(-2_000)
  })
  const url = `http://${listen}`
  const deadlineMs = Date.now() + 60_000
  while (!(await answers(url))) {
    if (child.exitCode !== null || Date.now() > deadlineMs) {
      throw new Error(`${contestant.name} did not start: ${complaints}`)
    }
    await wait(50)
  }
  if (child.pid === undefined) throw new Error(`${contestant.name} has no process`)
  return {
    contestant,
    pid: child.pid,
    url,
    dataDirectory,
    flags,
    stop: () => end(child, 'SIGTERM'),
    kill: () => end(child, 'SIGKILL'),
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/api/v1/query?query=1`)
    await response.arrayBuffer()
    return response.ok
  } catch (refused) {
    if (refused instanceof TypeError) return false
    throw refused
  }
}

function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    child.once('exit', () => resolve())
    child.kill(signal)
  })
}

function firstLine(program: string, parameters: readonly string[]): string {
  return (execFileSync(program, parameters, { encoding: 'utf8' }).split('\n')[0] ?? '').trim()
}

function packageVersion(peersDirectory: string, name: string): string {
  const list = join(peersDirectory, '..', 'versions')
  if (!existsSync(list)) return `${name}, version unknown`
  const lines = readFileSync(list, 'utf8').split('\n')
  return lines.find((line) => line.startsWith(`${name} `)) ?? `${name}, version unknown`
}
