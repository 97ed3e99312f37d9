import { Readable } from 'node:stream'
import { systemClock } from '../../src/base/clock.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { runCheck } from '../../src/tool/check-run.ts'
import { runDebug } from '../../src/tool/debug-run.ts'
import { readCommandLine } from '../../src/tool/flags.ts'
import { runPromql } from '../../src/tool/promql-run.ts'
import { runPush } from '../../src/tool/push-run.ts'
import { runQuery } from '../../src/tool/query-run.ts'
import { runRules } from '../../src/tool/rules-run.ts'
import { openTerminal } from '../../src/tool/terminal.ts'
import { runTest } from '../../src/tool/test-run.ts'
import { runTsdb } from '../../src/tool/tsdb-run.ts'

export interface ToolAnswer {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs `narthex tsdb ...` in this process. */
export function tsdbTool(...parameters: readonly string[]): Promise<ToolAnswer> {
  return runTool(['tsdb', ...parameters])
}

/** Runs `narthex check ...` in this process. */
export function checkTool(...parameters: readonly string[]): Promise<ToolAnswer> {
  return runTool(['check', ...parameters])
}

/** Runs `narthex check metrics ...` in this process, with a page on its standard input. */
export function checkMetricsTool(flags: readonly string[], stdin: string): Promise<ToolAnswer> {
  return runTool(['check', 'metrics', ...flags], stdin)
}

/** Runs `narthex check rules ...` in this process, with a text on its standard input. */
export function checkRulesTool(parameters: readonly string[], stdin = ''): Promise<ToolAnswer> {
  return runTool(['check', 'rules', ...parameters], stdin)
}

/** Runs `narthex test ...` in this process. */
export function testTool(...parameters: readonly string[]): Promise<ToolAnswer> {
  return runTool(['test', ...parameters])
}

/** Runs `narthex push metrics ...` in this process, with a page on its standard input. */
export function pushTool(parameters: readonly string[], stdin = ''): Promise<ToolAnswer> {
  return runTool(['push', 'metrics', ...parameters], stdin)
}

/** Runs `narthex debug ...` in this process. */
export function debugTool(...parameters: readonly string[]): Promise<ToolAnswer> {
  return runTool(['debug', ...parameters])
}

/** Runs `narthex query ...` in this process. */
export function queryTool(...parameters: readonly string[]): Promise<ToolAnswer> {
  return runTool(['query', ...parameters])
}

/** Runs `narthex rules ...` in this process. */
export function rulesTool(...parameters: readonly string[]): Promise<ToolAnswer> {
  return runTool(['rules', ...parameters])
}

/** Runs `narthex ...`, promql among the parameters, in this process. */
export function promqlTool(...parameters: readonly string[]): Promise<ToolAnswer> {
  return runTool(parameters)
}

async function runTool(parameters: readonly string[], stdin = ''): Promise<ToolAnswer> {
  const said = { out: '', err: '' }
  const streams = {
    out: (text: string) => {
      said.out += text
    },
    err: (text: string) => {
      said.err += text
    },
    isWatched: false,
  }
  const line = readCommandLine(parameters)
  const terminal = openTerminal(streams, systemClock)
  switch (line.kind) {
    case 'tsdb': {
      const code = await runTsdb(line.command, nodeFileSystem, systemClock, terminal)
      return { code, ...said }
    }
    case 'query': {
      const code = await runQuery(line.command, nodeFileSystem, systemClock, terminal)
      return { code, ...said }
    }
    case 'check': {
      const input = Readable.from([stdin])
      const surroundings = { fileSystem: nodeFileSystem, clock: systemClock, input }
      const code = await runCheck(line.command, surroundings, terminal)
      return { code, ...said }
    }
    case 'push': {
      const input = Readable.from([stdin])
      const surroundings = { fileSystem: nodeFileSystem, clock: systemClock, input }
      const code = await runPush(line.command, surroundings, terminal)
      return { code, ...said }
    }
    case 'debug': {
      const code = await runDebug(line.command, nodeFileSystem, systemClock, terminal)
      return { code, ...said }
    }
    case 'test': {
      const code = await runTest(line.command, nodeFileSystem, systemClock, terminal)
      return { code, ...said }
    }
    case 'rules': {
      const { signal } = new AbortController()
      const code = await runRules(line.command, nodeFileSystem, systemClock, terminal, signal)
      return { code, ...said }
    }
    case 'promql': {
      const code = runPromql(line.command, terminal)
      return { code, ...said }
    }
    default:
      throw new Error(`no command: ${JSON.stringify(line)}`)
  }
}
