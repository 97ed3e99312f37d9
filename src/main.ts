import { setFlagsFromString } from 'node:v8'
import { systemClock } from './base/clock.ts'
import { collectYoungAlone } from './base/collect-young-alone.ts'
import { messageOf, NarthexError } from './base/errors.ts'
import { keepCompiledCode } from './base/keep-compiled-code.ts'
import { keepObjectsYoung } from './base/keep-objects-young.ts'
import { limits } from './base/limits.ts'
import { nodeFileSystem } from './base/node-file-system.ts'
import { type LogFormat, type LogLevel, pinoLogger } from './base/pino-logger.ts'
import { type Server, startServer } from './server.ts'
import { versionText } from './tool/build-info.ts'
import { runCheck } from './tool/check-run.ts'
import { commandFirst } from './tool/command-first.ts'
import { runDebug } from './tool/debug-run.ts'
import { type Flags, readCommandLine } from './tool/flags.ts'
import { runPromql } from './tool/promql-run.ts'
import { runPush } from './tool/push-run.ts'
import { runQuery } from './tool/query-run.ts'
import { runRules } from './tool/rules-run.ts'
import { openTerminal, type ToolTerminal } from './tool/terminal.ts'
import { runTest } from './tool/test-run.ts'
import { runTsdb } from './tool/tsdb-run.ts'

/**
 * Row F1.46: 1 for what goes wrong while running, 2 for the command line and the configuration;
 * of promtool's commands always 1.
 */
function exitCodeOf(thrown: unknown): number {
  const [group = ''] = commandFirst(process.argv.slice(2))
  const groups = ['check', 'debug', 'test', 'tsdb', 'push', 'query', 'promql', 'rules']
  if (groups.includes(group)) return 1
  if (!(thrown instanceof NarthexError)) return 1
  return ['FLAG_INVALID', 'CONFIG_INVALID', 'NOT_BUILT_YET'].includes(thrown.code) ? 2 : 1
}

function fail(thrown: unknown): never {
  const words =
    thrown instanceof NarthexError
      ? thrown.message
      : thrown instanceof Error
        ? thrown.stack
        : String(thrown)
  process.stderr.write(`narthex: ${words}\n`)
  process.exit(exitCodeOf(thrown))
}

async function serve(flags: Flags): Promise<void> {
  const logger = pinoLogger(logLevel(flags.text('log.level')), logFormat(flags.text('log.format')))
  for (const name of flags.unimplemented)
    logger.warn('Flag does nothing yet', { flag: `--${name}` })
  for (const option of flags.idleFeatures)
    logger.warn('Option of --enable-feature is not known, or does nothing any more', { option })
  let server: Server | undefined
  let isStopping = false
  const stop = (code: number, reason: string): void => {
    if (isStopping) process.exit(code)
    isStopping = true
    logger.info('Stopping', { reason })
    const mayTakeMs = flags.isFeatureOn('memory-snapshot-on-shutdown')
      ? limits.shutdownWithSnapshotMs
      : limits.shutdownMs
    const late = systemClock.after(mayTakeMs, () => process.exit(code === 0 ? 1 : code))
    const closed = server?.close() ?? Promise.resolve()
    closed.then(
      () => {
        late.cancel()
        process.exit(code)
      },
      (thrown: unknown) => {
        logger.error('Closing failed', { err: messageOf(thrown) })
        process.exit(1)
      },
    )
  }
  // A broken assertion or a stray rejection: our state cannot be trusted, but the log can be synced.
  const broken = (thrown: unknown): void => {
    logger.error('A fault of the program', {
      err: thrown instanceof Error ? (thrown.stack ?? '') : String(thrown),
    })
    stop(1, 'fault')
  }
  process.on('uncaughtException', broken)
  process.on('unhandledRejection', broken)
  process.on('SIGTERM', () => stop(0, 'SIGTERM'))
  process.on('SIGINT', () => stop(0, 'SIGINT'))
  server = await startServer({
    flags,
    logger,
    quit: (reason) => stop(reason === 'asked' ? 0 : 1, reason),
  })
  const running = server
  process.on('SIGHUP', () => {
    running.reload().catch(() => logger.debug('The failed reload has been logged'))
  })
}

/** What reads our answer may have enough of it: `| head`. */
function runTool(run: (terminal: ToolTerminal) => Promise<number>): void {
  process.stdout.on('error', (thrown: Error) => {
    if ('code' in thrown && thrown.code === 'EPIPE') process.exit(0)
    fail(thrown)
  })
  const streams = {
    out: (text: string) => process.stdout.write(text),
    err: (text: string) => process.stderr.write(text),
    isWatched: process.stderr.isTTY,
  }
  run(openTerminal(streams, systemClock)).then((code) => {
    process.exitCode = code
  }, fail)
}

function logLevel(text: string): LogLevel {
  return text === 'debug' || text === 'warn' || text === 'error' ? text : 'info'
}

function logFormat(text: string): LogFormat {
  return text === 'json' ? 'json' : 'logfmt'
}

// Samples live outside V8's heap, which is small and therefore collected every second: let it double
// first. 13 % less processor time while scraping 98,000 samples/s, and no more resident memory. By half,
// range queries take a tenth longer and remote write 5 % more processor time.
setFlagsFromString('--heap-growing-percent=100')
// Of workers: Node may have been told to keep this thread's young generation small.
setFlagsFromString('--max-semi-space-size=0')
keepCompiledCode()
keepObjectsYoung()
collectYoungAlone()

try {
  const command = readCommandLine(process.argv.slice(2))
  if (command.kind === 'help') process.stdout.write(command.text)
  else if (command.kind === 'version') process.stdout.write(`${versionText()}\n`)
  else if (command.kind === 'tsdb') {
    runTool((terminal) => runTsdb(command.command, nodeFileSystem, systemClock, terminal))
  } else if (command.kind === 'query') {
    runTool((terminal) => runQuery(command.command, nodeFileSystem, systemClock, terminal))
  } else if (command.kind === 'check') {
    const surroundings = { fileSystem: nodeFileSystem, clock: systemClock, input: process.stdin }
    runTool((terminal) => runCheck(command.command, surroundings, terminal))
  } else if (command.kind === 'push') {
    const surroundings = { fileSystem: nodeFileSystem, clock: systemClock, input: process.stdin }
    runTool((terminal) => runPush(command.command, surroundings, terminal))
  } else if (command.kind === 'debug') {
    runTool((terminal) => runDebug(command.command, nodeFileSystem, systemClock, terminal))
  } else if (command.kind === 'test') {
    runTool((terminal) => runTest(command.command, nodeFileSystem, systemClock, terminal))
  } else if (command.kind === 'rules') {
    const abort = new AbortController()
    process.once('SIGINT', () => abort.abort())
    runTool((terminal) =>
      runRules(command.command, nodeFileSystem, systemClock, terminal, abort.signal),
    )
  } else if (command.kind === 'promql') {
    runTool(async (terminal) => runPromql(command.command, terminal))
  } else serve(command.flags).catch(fail)
} catch (thrown) {
  fail(thrown)
}
