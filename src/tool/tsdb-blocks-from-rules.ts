import type { Clock } from '../base/clock.ts'
import type { FileSystem } from '../base/file-system.ts'
import { Labels, LabelsBuilder, metricNameLabel } from '../model/labels.ts'
import { defaultParseOptions } from '../promql/parse/parse-options.ts'
import { slotBefore } from '../rules/group-loop.ts'
import { type GroupDefinition, parseRuleFile, type RuleDefinition } from '../rules/rule-file.ts'
import { demandFile } from './check-rules.ts'
import { QueryApi, QueryApiError } from './query-api.ts'
import { type QuerySeries, queryValue } from './query-value.ts'
import type { ToolTerminal } from './terminal.ts'
import { secondsText, timeArgumentMs, wrongArgument } from './time-argument.ts'
import { type ToolServer, toolClient } from './tool-client.ts'
import { blockDurationMs, writeSamples } from './tsdb-create-blocks.ts'
import { ImportedSamples } from './tsdb-imported-samples.ts'

export interface RuleBlocksCommand extends ToolServer {
  readonly kind: 'rule-blocks'
  readonly files: readonly string[]
  readonly start: string
  /** '' for three hours ago. */
  readonly end: string
  readonly directory: string
  /** Of groups that have none of their own. */
  readonly intervalMs: number
  readonly maxBlockDurationMs: number
}

/** What a rule is asked for: each slot of its group from `startMs` to `endMs`, both included. */
interface Slots {
  readonly startMs: number
  readonly endMs: number
  readonly intervalMs: number
}

interface Place {
  readonly directory: string
  readonly durationMs: number
}

interface Tools {
  readonly api: QueryApi
  readonly fs: FileSystem
  readonly clock: Clock
  readonly terminal: ToolTerminal
}

const afterwardsMs = 3 * 3_600_000

/**
 * `tsdb create-blocks-from rules` (row F6.7): asks a server what recording rules would have written,
 * and makes a block for each rule and range, with the times at which a server evaluates their group.
 * Answers whether all went well; what goes wrong with one rule does not keep the others from being
 * done. Throws FLAG_INVALID and CONFIG_INVALID.
 */
export async function createRuleBlocks(
  command: RuleBlocksCommand,
  fs: FileSystem,
  clock: Clock,
  terminal: ToolTerminal,
): Promise<boolean> {
  for (const file of command.files) demandFile(fs, file)
  const endMs = timeArgumentMs(command.end, clock.wallMs() - afterwardsMs, 'error parsing end time')
  const startMs = timeArgumentMs(command.start, 0, 'error parsing start time')
  if (startMs >= endMs) throw wrongArgument('start time is not before end time')
  const groups = command.files.flatMap((file) => groupsOf(file, fs))
  const durationMs = blockDurationMs(command.maxBlockDurationMs)
  fs.makeDirectory(command.directory)
  const { client, headers } = toolClient(command, fs, clock)
  const api = new QueryApi(client, clock, { url: command.url, headers })
  let isWhole = true
  try {
    for (const { file, group } of groups) {
      const intervalMs = group.intervalMs === 0 ? command.intervalMs : group.intervalMs
      const ranges = rangesOf(
        { file, name: group.name, intervalMs },
        { startMs, endMs, durationMs },
      )
      for (const rule of group.rules) {
        if (rule.kind === 'alert') continue
        terminal.progress(`${file}: ${group.name}: ${rule.name}`)
        const place = { directory: command.directory, durationMs }
        const fault = await importRule(rule, ranges, place, { api, fs, clock, terminal })
        if (fault === undefined) continue
        terminal.warn(`rule importer error: ${fault}`)
        isWhole = false
      }
    }
  } finally {
    api.close()
  }
  if (!isWhole) terminal.warn('error importing rules')
  return isWhole
}

function groupsOf(
  file: string,
  fs: FileSystem,
): readonly { readonly file: string; readonly group: GroupDefinition }[] {
  const text = new TextDecoder().decode(fs.readFile(file))
  const found = parseRuleFile(text, { nameScheme: 'utf8', language: defaultParseOptions })
  if (found.ok) return found.groups.map((group) => ({ file, group }))
  throw wrongArgument(`rule importer parse error: ${file}: ${found.errors[0] ?? ''}`)
}

/** The slots of a group in each aligned range, in whole seconds as promtool has them. */
export function rangesOf(
  group: { readonly file: string; readonly name: string; readonly intervalMs: number },
  times: { readonly startMs: number; readonly endMs: number; readonly durationMs: number },
): readonly Slots[] {
  const { intervalMs } = group
  const seconds = (ms: number) => Math.floor(ms / 1_000) * 1_000
  const [firstMs, lastMs] = [seconds(times.startMs), seconds(times.endMs)]
  const ranges: Slots[] = []
  const alignedMs = Math.floor(firstMs / times.durationMs) * times.durationMs
  for (let rangeMs = alignedMs; rangeMs <= lastMs; rangeMs += times.durationMs) {
    const fromMs = Math.max(rangeMs, firstMs)
    let startMs = slotBefore(group, fromMs)
    while (seconds(startMs) < fromMs) startMs += intervalMs
    const endMs = Math.min(seconds(rangeMs + times.durationMs - 1), lastMs)
    if (endMs < startMs) break
    ranges.push({ startMs, endMs, intervalMs })
  }
  return ranges
}

/** Why the rule could not be imported, if so; the blocks that are written by then stay. */
async function importRule(
  rule: RuleDefinition,
  ranges: readonly Slots[],
  place: Place,
  { api, fs, clock, terminal }: Tools,
): Promise<string | undefined> {
  for (const { startMs, endMs, intervalMs } of ranges) {
    const parameters = new URLSearchParams({
      query: rule.query,
      start: secondsText(startMs),
      end: secondsText(endMs),
      step: String(intervalMs / 1_000),
    })
    try {
      const { data, warnings } = await api.ask('query_range', parameters, 'POST')
      for (const warning of warnings) terminal.warn(`range query returned a warning: ${warning}`)
      const value = queryValue(data)
      if (value.type !== 'matrix') return `rule result is wrong type ${value.type}`
      const samples = samplesOf(value.series, rule)
      if (samples === undefined) {
        return 'vector contains metrics with the same labelset after applying rule labels'
      }
      const rows = Uint32Array.from({ length: samples.count }, (_, row) => row)
      await writeSamples(samples, rows, place, fs, clock)
    } catch (thrown) {
      if (!(thrown instanceof QueryApiError)) throw thrown
      return `query range: ${thrown.message}`
    }
  }
  return undefined
}

/** The floats of an answer under the rule's name and labels; undefined where two series are one. */
function samplesOf(
  series: readonly QuerySeries[],
  rule: RuleDefinition,
): ImportedSamples | undefined {
  const samples = new ImportedSamples()
  for (const { labels, floats } of series) {
    const builder = new LabelsBuilder(Labels.of(labels))
    for (const [name, value] of rule.labels.entries()) builder.set(name, value)
    const own = builder.set(metricNameLabel, rule.name).build()
    const known = samples.labels.length
    const id = samples.seriesOf(own.key(), () => own)
    if (id < known) return undefined
    for (const { seconds, value } of floats) samples.add(id, Math.round(seconds * 1_000), value)
  }
  return samples
}
