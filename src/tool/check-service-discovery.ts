import type { Clock } from '../base/clock.ts'
import { messageOf, NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { type Logger, silentLogger } from '../base/logger.ts'
import { MetricsRegistry } from '../base/self-metrics.ts'
import type { ScrapeConfig } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import type { TargetGroup } from '../discovery/discoverer.ts'
import { DiscoveryMechanisms } from '../discovery/mechanisms.ts'
import { goJson } from '../model/go-json.ts'
import { Labels } from '../model/labels.ts'
import { targetOf } from '../scrape/target.ts'
import type { CheckServiceDiscoveryCommand } from './check-command-line.ts'
import type { ToolTerminal } from './terminal.ts'

/**
 * Runs the discoverers of a job and prints, as promtool does, the labels that each target has
 * before and after relabelling; a target that is dropped has none after. Answers whether there is
 * such a job. Throws NarthexError where the configuration cannot be loaded.
 */
export async function checkServiceDiscovery(
  command: CheckServiceDiscoveryCommand,
  fs: FileSystem,
  clock: Clock,
  terminal: ToolTerminal,
): Promise<boolean> {
  const jobs = loadJobs(command.configFile, fs)
  const job = jobs.find(({ jobName }) => jobName === command.job)
  if (job === undefined) {
    const names = jobs.map(({ jobName }) => `\n\t${jobName}`)
    terminal.warn(`Job ${command.job} not found. Select one of:${names.join('')}`)
    return false
  }
  const groups = await discover(job, command.timeoutMs, fs, clock, terminal)
  const results = [...groups.values()].flatMap((ofSource) => resultsOf(ofSource, job, terminal))
  const body = results.join(',\n')
  terminal.print(results.length === 0 ? '[]' : `[\n${body}\n]`)
  return true
}

function loadJobs(path: string, fs: FileSystem): readonly ScrapeConfig[] {
  try {
    const text = new TextDecoder().decode(fs.readFile(path))
    return loadConfig(text, path, { fs }).scrapeConfigs
  } catch (thrown) {
    throw new NarthexError('CONFIG_INVALID', `Cannot load config ${messageOf(thrown)}`, {
      cause: thrown,
    })
  }
}

/** All that is reported within the time, by source. */
async function discover(
  job: ScrapeConfig,
  timeoutMs: number,
  fs: FileSystem,
  clock: Clock,
  terminal: ToolTerminal,
): Promise<ReadonlyMap<string, readonly TargetGroup[]>> {
  const mechanisms = new DiscoveryMechanisms(new MetricsRegistry(), { fs, clock })
  const tools = { fs, clock, logger: terminalLogger(terminal), setName: job.jobName }
  const discoverers = job.discovery.map((config) => mechanisms.discoverer(config, tools))
  const groups = new Map<string, readonly TargetGroup[]>()
  for (const discoverer of discoverers) {
    discoverer.start((reported) => {
      for (const group of reported) {
        groups.set(group.source, [...(groups.get(group.source) ?? []), group])
      }
    })
  }
  // These two report all they have at once; promtool waits for them, too.
  const isDone = job.discovery.every(({ mechanism }) => ['static', 'file'].includes(mechanism))
  if (!isDone) await new Promise<void>((resolve) => clock.after(timeoutMs, resolve))
  for (const discoverer of discoverers) discoverer.stop()
  return groups
}

function resultsOf(
  groups: readonly TargetGroup[],
  job: ScrapeConfig,
  terminal: ToolTerminal,
): readonly string[] {
  const results = groups.flatMap((group) =>
    group.targets.map((own) => {
      const outcome = targetOf(own, group.labels, job)
      if (outcome.kind === 'failed') terminal.warn(`${own.get('__address__')}: ${outcome.reason}`)
      if (outcome.kind !== 'active') {
        return resultText(outcome.discoveredLabels, Labels.empty, outcome.kind === 'failed')
      }
      const { discoveredLabels, allLabels } = outcome.target
      return resultText(discoveredLabels, allLabels, false)
    }),
  )
  return [...new Set(results)]
}

/** An error is an empty object, as it is in promtool's answer; its words are told beside it. */
function resultText(discovered: Labels, labels: Labels, isError: boolean): string {
  const fields = [
    `    "discoveredLabels": ${labelsText(discovered)}`,
    `    "labels": ${labelsText(labels)}`,
    ...(isError ? ['    "error": {}'] : []),
  ]
  return `  {\n${fields.join(',\n')}\n  }`
}

function labelsText(labels: Labels): string {
  if (labels.size === 0) return '{}'
  const lines = [...labels.entries()].map(
    ([name, value]) => `      ${goJson(name)}: ${goJson(value)}`,
  )
  return `{\n${lines.join(',\n')}\n    }`
}

function terminalLogger(terminal: ToolTerminal): Logger {
  const tell: Logger['error'] = (message, fields) =>
    terminal.warn(`${message}${fields?.err === undefined ? '' : `: ${fields.err}`}`)
  const logger: Logger = { ...silentLogger, warn: tell, error: tell, with: () => logger }
  return logger
}
