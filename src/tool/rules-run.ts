import { parseTimeMs } from '../api/time-parameter.ts'
import type { Clock } from '../base/clock.ts'
import { messageOf, NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import { noLooks } from '../base/looks.ts'
import { readOnly } from '../base/read-only-file-system.ts'
import { loadConfig } from '../config/load.ts'
import { parseDurationMs } from '../model/duration.ts'
import { engineFlags } from '../promql/engine-flags.ts'
import type { BacktestAnswer, BacktestRequest } from '../rules/backtest-contract.ts'
import type { QueryControl } from '../storage/query-runner.ts'
import { writeBacktestBlocks } from './backtest-blocks.ts'
import { type BacktestSettings, backtest } from './backtest-job.ts'
import { configSettings } from './backtest-parts.ts'
import { backtestText } from './backtest-text.ts'
import { type ApiReply, QueryApi, QueryApiError } from './query-api.ts'
import type { RulesCommand } from './rules-command-line.ts'
import type { ToolTerminal } from './terminal.ts'
import { toolClient } from './tool-client.ts'
import { readPast } from './tsdb-directory.ts'

/** Runs a command and answers the exit code: 1 where something is wrong. Aborting ends it. */
export async function runRules(
  command: RulesCommand,
  fileSystem: FileSystem,
  clock: Clock,
  terminal: ToolTerminal,
  signal: AbortSignal,
): Promise<number> {
  try {
    const request = requestOf(command, fileSystem, clock)
    const tools = { fileSystem, clock, terminal, signal }
    const answer =
      command.server === undefined
        ? await overDirectory(command, request, tools)
        : await overServer(command, command.server, request, tools)
    const isJson = command.format === 'json'
    terminal.print(isJson ? `${JSON.stringify(answer, undefined, 2)}\n` : backtestText(answer))
    return 0
  } catch (thrown) {
    if (!(thrown instanceof NarthexError || thrown instanceof QueryApiError)) throw thrown
    terminal.warn(thrown.message)
    return 1
  } finally {
    terminal.end()
  }
}

interface Tools {
  readonly fileSystem: FileSystem
  readonly clock: Clock
  readonly terminal: ToolTerminal
  readonly signal: AbortSignal
}

function requestOf(
  { file, name, from, to, seriesMax }: RulesCommand,
  fileSystem: FileSystem,
  clock: Clock,
): BacktestRequest {
  const endMs = to === '' ? Math.floor(clock.wallMs()) : timeOf('--to', to)
  const startMs = /^\d*\.?\d*[a-z]/.test(from)
    ? endMs - durationOf('--from', from)
    : timeOf('--from', from)
  if (endMs < startMs) throw new NarthexError('FLAG_INVALID', '--to is before --from')
  const rules = readText(fileSystem, file)
  return { rules, file: name, startMs, endMs, seriesMax, timeoutMs: limits.backtestTimeoutMs }
}

function timeOf(flag: string, text: string): number {
  return inFlag(flag, () => parseTimeMs(text))
}

function durationOf(flag: string, text: string): number {
  return inFlag(flag, () => parseDurationMs(text))
}

function inFlag(flag: string, parse: () => number): number {
  try {
    return parse()
  } catch (thrown) {
    const words = `${flag}: ${messageOf(thrown)}`
    throw new NarthexError('FLAG_INVALID', words, { cause: thrown })
  }
}

function readText(fileSystem: FileSystem, file: string): string {
  try {
    return new TextDecoder().decode(fileSystem.readFile(file))
  } catch (thrown) {
    const words = `${file} cannot be read: ${messageOf(thrown)}`
    throw new NarthexError('CONFIG_INVALID', words, { cause: thrown })
  }
}

async function overDirectory(
  command: RulesCommand,
  request: BacktestRequest,
  { fileSystem, clock, terminal, signal }: Tools,
): Promise<BacktestAnswer> {
  const past = await readPast(readOnly(fileSystem), command.directory, terminal)
  const { blocks, maxBlockDurationMs } = command
  return await backtest(request, settingsOf(command, fileSystem), {
    fileSystem,
    past,
    control: controlOf(clock, signal),
    progress: (done, total) => terminal.progress(progressText(done, total)),
    finished: async (written) => {
      if (blocks === '') return
      const options = { directory: blocks, maxBlockDurationMs, fileSystem, clock }
      for (const ulid of await writeBacktestBlocks(written, request, options)) {
        terminal.complain(`Wrote block ${ulid}\n`)
      }
    },
  })
}

function progressText(done: number, total: number): string {
  return `Evaluated ${Math.floor((100 * done) / Math.max(total, 1))} %: ${done} of ${total} rules`
}

function settingsOf(command: RulesCommand, fileSystem: FileSystem): BacktestSettings {
  const { configFile, features, evaluationIntervalMs } = command
  const text = configFile === '' ? '' : readText(fileSystem, configFile)
  const config = loadConfig(text, configFile, { fs: fileSystem, allowUnimplemented: true })
  const settings = configSettings(config)
  const intervalMs = evaluationIntervalMs ?? settings.evaluationIntervalMs
  return {
    ...settings,
    evaluationIntervalMs: intervalMs,
    externalUrl: '',
    engine: engineFlags((name) => features.includes(name)),
    bounds: {
      timeoutMs: limits.queryTimeoutMs,
      lookbackMs: limits.queryLookbackMs,
      samplesMax: limits.querySamplesMax,
      subqueryStepMs: intervalMs,
      limit: 0,
    },
  }
}

/** Lets signals and timers have their turn now and then. */
function controlOf(clock: Clock, signal: AbortSignal): QueryControl {
  let turnMs = clock.monotonicMs()
  return {
    checkpoint() {
      if (signal.aborted) throw new NarthexError('QUERY_CANCELED', 'the backtest was stopped')
      if (clock.monotonicMs() - turnMs < limits.mainTurnMs) return undefined
      turnMs = clock.monotonicMs()
      return new Promise((resolve) => setImmediate(resolve))
    },
    // The signal comes to this very thread: within a loop there is nothing to see.
    looks: noLooks,
  }
}

async function overServer(
  command: RulesCommand,
  url: URL,
  request: BacktestRequest,
  { fileSystem, clock, terminal, signal }: Tools,
): Promise<BacktestAnswer> {
  const { httpConfigFile, headers } = command
  if (command.blocks !== '') {
    throw new NarthexError('FLAG_INVALID', '--blocks needs --data: a server does not send blocks')
  }
  for (const [flag, value] of [
    ['--config.file', command.configFile],
    ['--evaluation-interval', command.evaluationIntervalMs ?? ''],
  ]) {
    const words = `${flag} goes with --data: a server has its own configuration`
    if (value !== '') throw new NarthexError('FLAG_INVALID', words)
  }
  const connection = toolClient({ httpConfigFile, url, headers }, fileSystem, clock)
  const api = new QueryApi(connection.client, clock, { url, headers: connection.headers })
  const parameters = new URLSearchParams({
    rules: request.rules,
    file: request.file,
    start: String(request.startMs / 1_000),
    end: String(request.endMs / 1_000),
    series_limit: String(request.seriesMax),
  })
  const watch = clock.every(1_000, () => void showProgress(api, request.file, terminal))
  const stop = () => api.close()
  signal.addEventListener('abort', stop, { once: true })
  try {
    const timeoutMs = limits.backtestTimeoutMs + 10_000
    return answerOf(await api.ask('rules/backtest', parameters, 'POST', timeoutMs))
  } finally {
    watch.cancel()
    signal.removeEventListener('abort', stop)
    api.close()
  }
}

async function showProgress(api: QueryApi, file: string, terminal: ToolTerminal): Promise<void> {
  try {
    const { data } = await api.ask('rules/backtest', new URLSearchParams(), 'GET')
    const running: readonly Readonly<Record<string, unknown>>[] = Array.isArray(data) ? data : []
    const own = running.find((one) => one.file === file)
    if (own === undefined) return
    terminal.progress(progressText(Number(own.evaluations), Number(own.evaluationsTotal)))
  } catch (thrown) {
    // Whatever is wrong, the answer itself will say it.
    if (!(thrown instanceof QueryApiError)) throw thrown
  }
}

function answerOf({ data }: ApiReply): BacktestAnswer {
  if (isAnswer(data)) return data
  throw new QueryApiError('bad_response', 'the answer is not that of a backtest')
}

function isAnswer(data: unknown): data is BacktestAnswer {
  const isObject = typeof data === 'object' && data !== null
  return isObject && 'groups' in data && Array.isArray(data.groups)
}
