import { unreachable } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { goJson } from '../model/go-json.ts'
import { listOf, QueryApi, QueryApiError } from './query-api.ts'
import { analyzeBuckets } from './query-buckets.ts'
import type { QueryCommand } from './query-command-line.ts'
import { planText } from './query-plan.ts'
import { labelSetText, labelsOf, queryValue, valueJson, valueText } from './query-value.ts'
import type { ToolTerminal } from './terminal.ts'
import { secondsText, timeArgumentMs, wrongArgument } from './time-argument.ts'
import { toolClient } from './tool-client.ts'

/** Runs a command and answers the exit code: 1 where something is wrong, as promtool has it. */
export async function runQuery(
  command: QueryCommand,
  fileSystem: FileSystem,
  clock: Clock,
  terminal: ToolTerminal,
): Promise<number> {
  let api: QueryApi | undefined
  try {
    api = openApi(command, fileSystem, clock)
    await run(command, api, clock, terminal)
    return 0
  } catch (thrown) {
    if (thrown instanceof QueryApiError) terminal.warn(errorText(thrown, command))
    else if (thrown instanceof NarthexError) terminal.warn(thrown.message)
    else throw thrown
    return 1
  } finally {
    api?.close()
    terminal.end()
  }
}

function errorText({ message, detail }: QueryApiError, { kind }: QueryCommand): string {
  const words = kind === 'analyze' ? message : `query error: ${message}`
  return detail === '' ? words : `${words} (detail: ${detail.trim()})`
}

function openApi(command: QueryCommand, fileSystem: FileSystem, clock: Clock): QueryApi {
  const { client, headers } = toolClient(command, fileSystem, clock)
  return new QueryApi(client, clock, { url: command.url, headers })
}

async function run(
  command: QueryCommand,
  api: QueryApi,
  clock: Clock,
  terminal: ToolTerminal,
): Promise<void> {
  switch (command.kind) {
    case 'instant':
    case 'range': {
      const isInstant = command.kind === 'instant'
      const parameters = isInstant ? instantOf(command, clock) : rangeOf(command, clock)
      const { data } = await api.ask(isInstant ? 'query' : 'query_range', parameters, 'POST')
      const value = queryValue(data)
      terminal.print(`${command.format === 'json' ? valueJson(value) : valueText(value)}\n`)
      return
    }
    case 'explain': {
      const isRange = command.start !== ''
      const parameters = isRange ? rangeOf(command, clock) : instantOf(command, clock)
      if (command.analyzes) parameters.set('analyze', 'true')
      const { data } = await api.ask('narthex/explain', parameters, 'POST')
      terminal.print(command.format === 'json' ? `${goJson(data)}\n` : planText(data))
      return
    }
    case 'series': {
      const { data } = await api.ask('series', lookupOf(command, clock), 'POST')
      const found = listOf(data).map(labelsOf)
      if (command.format === 'json') {
        terminal.print(`${goJson(found.map((labels) => Object.fromEntries(labels)))}\n`)
      } else for (const labels of found) terminal.print(`${labelSetText(labels)}\n`)
      return
    }
    case 'labels': {
      const path = `label/${encodeURIComponent(command.name)}/values`
      const { data, warnings } = await api.ask(path, lookupOf(command, clock), 'GET')
      for (const warning of warnings) terminal.warn(`query warning: ${warning}`)
      const values = listOf(data).map(String)
      if (command.format === 'json') terminal.print(`${goJson(values)}\n`)
      else for (const value of values) terminal.print(`${value}\n`)
      return
    }
    case 'analyze': {
      const { type, matches, durationMs } = command
      if (type !== 'histogram') {
        throw wrongArgument(`analyze type is ${type}, must be 'histogram'`)
      }
      const atMs = timeArgumentMs(
        command.time,
        clock.wallMs(),
        `error parsing time '${command.time}'`,
      )
      terminal.print(await analyzeBuckets(api, matches, atMs / 1_000, durationMs))
      return
    }
    default:
      return unreachable(command)
  }
}

function instantOf(
  { expr, time }: Pick<Extract<QueryCommand, { kind: 'instant' }>, 'expr' | 'time'>,
  clock: Clock,
): URLSearchParams {
  const atMs = timeArgumentMs(time, clock.wallMs(), 'error parsing evaluation time')
  return new URLSearchParams({ query: expr, time: secondsText(atMs) })
}

function rangeOf(
  { expr, start, end, stepMs }: Omit<Extract<QueryCommand, { kind: 'range' }>, 'kind'>,
  clock: Clock,
): URLSearchParams {
  const endMs = timeArgumentMs(end, clock.wallMs(), 'error parsing end time')
  const startMs = timeArgumentMs(start, endMs - 300_000, 'error parsing start time')
  if (startMs >= endMs) throw wrongArgument('start time is not before end time')
  const step = stepMs === 0 ? Math.max(Math.floor((endMs - startMs) / 250_000), 1) : stepMs / 1_000
  return new URLSearchParams({
    query: expr,
    start: secondsText(startMs),
    end: secondsText(endMs),
    step: String(step),
  })
}

/** So far from now where no time is given, as promtool asks. */
const farMs = 9_999 * 3_600_000

function lookupOf(
  { matches, start, end }: Extract<QueryCommand, { kind: 'series' | 'labels' }>,
  clock: Clock,
): URLSearchParams {
  const nowMs = clock.wallMs()
  const parameters = new URLSearchParams({
    start: secondsText(timeArgumentMs(start, nowMs - farMs, 'error parsing start time')),
    end: secondsText(timeArgumentMs(end, nowMs + farMs, 'error parsing end time')),
  })
  for (const match of matches) parameters.append('match[]', match)
  return parameters
}
