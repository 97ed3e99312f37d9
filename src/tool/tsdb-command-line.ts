import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { messageOf } from '../base/errors.ts'
import { parseDurationMs } from '../model/duration.ts'
import { durationOption } from './duration-option.ts'
import { serverUrl } from './server-arguments.ts'
import type { AnalyzeCommand } from './tsdb-analyze.ts'
import type { RuleBlocksCommand } from './tsdb-blocks-from-rules.ts'
import type { CreateBlocksCommand } from './tsdb-create-blocks.ts'
import type { DumpCommand } from './tsdb-dump.ts'
import type { ListCommand } from './tsdb-list.ts'
import type { VerifyCommand } from './tsdb-verify.ts'

export type TsdbCommand =
  | ListCommand
  | AnalyzeCommand
  | DumpCommand
  | CreateBlocksCommand
  | RuleBlocksCommand
  | VerifyCommand

type Take = (command: TsdbCommand) => void

const everything = "{__name__=~'(?s:.*)'}"

/** The commands as `narthex --help` lists them; `take` is told what was asked for. */
export function makeTsdbCommand(take: Take): Command {
  const tsdb = new Command('tsdb')
    .description(
      'Look into a data directory, or make blocks: list, analyze, dump, verify and more.',
    )
    .usage('COMMAND')
  addList(tsdb, take)
  addAnalyze(tsdb, take)
  addDump(tsdb, take)
  addCreateBlocks(tsdb, take)
  addVerify(tsdb, take)
  return tsdb
}

function directoryArgument(): Argument {
  return new Argument('[DIRECTORY]', 'The data directory.').default('data/')
}

function addList(tsdb: Command, take: Take): void {
  tsdb
    .command('list')
    .description('List the blocks.')
    .addArgument(directoryArgument())
    .option('-r, --human-readable', 'Times and sizes for people.')
    .action((directory: string, { humanReadable }: { humanReadable?: boolean }) =>
      take({ kind: 'list', directory, humanReadable: humanReadable === true }),
    )
}

function addAnalyze(tsdb: Command, take: Take): void {
  tsdb
    .command('analyze')
    .description('Analyze churn, cardinality of labels, and how full the chunks of a block are.')
    .addArgument(directoryArgument())
    .argument('[BLOCK]', 'The block; the newest where it is not given.')
    .option('--limit <count>', 'Lines of each list.', wholeNumber, 20)
    .option('--extended', 'Look at the chunks, too.')
    .option('--match <selector>', 'Only series that the selector selects.')
    .action(
      (
        directory: string,
        ulid: string | undefined,
        { limit, extended, match }: { limit: number; extended?: boolean; match?: string },
      ) =>
        take({
          kind: 'analyze',
          directory,
          ulid: ulid ?? '',
          limit,
          extended: extended === true,
          match: match ?? '',
        }),
    )
}

interface DumpOptions {
  readonly minTime: number
  readonly maxTime: number
  readonly match: readonly string[] | undefined
  readonly format?: 'prom' | 'seriesjson'
}

function addDump(tsdb: Command, take: Take): void {
  const dump = (directory: string, options: DumpOptions, format: DumpCommand['format']) =>
    take({
      kind: 'dump',
      directory,
      minTimeMs: options.minTime,
      maxTimeMs: options.maxTime,
      match: options.match ?? [everything],
      format,
    })
  dumpOptions(tsdb.command('dump'))
    .description('Print all samples of blocks and log, or just the series.')
    .addOption(
      new Option('--format <name>', 'The form of the lines.')
        .choices(['prom', 'seriesjson'])
        .default('prom'),
    )
    .action((directory: string, options: DumpOptions) =>
      dump(directory, options, options.format ?? 'prom'),
    )
  dumpOptions(tsdb.command('dump-openmetrics'))
    .description('Print all float samples of blocks and log as OpenMetrics text.')
    .action((directory: string, options: DumpOptions) => dump(directory, options, 'openmetrics'))
}

function dumpOptions(command: Command): Command {
  return command
    .addArgument(directoryArgument())
    .addOption(
      new Option('--min-time <ms>', 'The first time, in milliseconds since 1970.')
        .argParser(wholeNumber)
        .default(Number.NEGATIVE_INFINITY, 'none'),
    )
    .addOption(
      new Option('--max-time <ms>', 'The last time, in milliseconds since 1970.')
        .argParser(wholeNumber)
        .default(Number.POSITIVE_INFINITY, 'none'),
    )
    .option(
      '--match <selector>',
      'Only series that the selector selects; may be given more than once.',
      (value: string, before: readonly string[] | undefined) => [...(before ?? []), value],
    )
    .addOption(
      // promtool writes there while it replays the log; we write nowhere.
      new Option('--sandbox-dir-root <directory>', 'Not needed: nothing is written.').hideHelp(),
    )
}

interface CreateOptions {
  readonly humanReadable?: boolean
  readonly quiet?: boolean
  readonly maxBlockDuration: number
}

function addCreateBlocks(tsdb: Command, take: Take): void {
  const create = tsdb
    .command('create-blocks-from')
    .description('Make blocks of samples from elsewhere: openmetrics, rules.')
    .option('-r, --human-readable', 'Times and sizes for people.')
    .option('-q, --quiet', 'Do not print the blocks.')
    .addOption(
      new Option('--max-block-duration <duration>', 'How long a block may span.')
        .argParser(duration)
        .default(0, '2h'),
    )
  create
    .command('openmetrics')
    .description('Make blocks of an OpenMetrics file; every sample needs its timestamp.')
    .argument('<FILE>', 'The OpenMetrics file.')
    .argument('[DIRECTORY]', 'Where the blocks go.', 'data/')
    .option('--label <name=value>', 'Put this label on every series; repeatable.', label)
    .action(
      (input: string, directory: string, options: { label?: ReadonlyMap<string, string> }) => {
        const { humanReadable, quiet, maxBlockDuration } = create.opts<CreateOptions>()
        take({
          kind: 'create-blocks',
          input,
          directory,
          humanReadable: humanReadable === true,
          quiet: quiet === true,
          maxBlockDurationMs: maxBlockDuration,
          labels: options.label ?? new Map(),
        })
      },
    )
  addRuleBlocks(create, take)
}

interface RuleBlocksOptions {
  readonly url: URL
  readonly start: string
  readonly end?: string
  readonly outputDir: string
  readonly evalInterval: number
}

function addRuleBlocks(create: Command, take: Take): void {
  const rules = create
    .command('rules')
    .description('Make blocks of what recording rules would have written, asking a server.')
    .argument('<rule-files...>', 'The rule files; alerting rules in them are left out.')
    .option('--http.config.file <file>', 'How to connect: credentials, TLS, as in prometheus.yml.')
    .option('--url <url>', 'The server.', serverUrl, new URL('http://localhost:9090'))
    .requiredOption('--start <time>', 'From when: RFC 3339 or unix seconds.')
    .option('--end <time>', 'Until when; three hours ago where it is not given.')
    .option('--output-dir <directory>', 'Where the blocks go.', 'data/')
    .addOption(
      durationOption('--eval-interval <duration>', 'The interval of groups that have none.', '1m'),
    )
  rules.action((files: readonly string[], options: RuleBlocksOptions) =>
    take({
      kind: 'rule-blocks',
      files,
      url: options.url,
      headers: [],
      httpConfigFile: String(rules.getOptionValue('http.config.file') ?? ''),
      start: options.start,
      end: options.end ?? '',
      directory: options.outputDir,
      intervalMs: options.evalInterval,
      maxBlockDurationMs: create.opts<CreateOptions>().maxBlockDuration,
    }),
  )
}

function addVerify(tsdb: Command, take: Take): void {
  tsdb
    .command('verify')
    .description('Read every byte of blocks and log, and name what is damaged.')
    .addArgument(directoryArgument())
    .action((directory: string) => take({ kind: 'verify', directory }))
}

function wholeNumber(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new InvalidArgumentError('It is no whole number.')
  return Number(text)
}

function duration(text: string): number {
  try {
    return parseDurationMs(text)
  } catch (thrown) {
    throw new InvalidArgumentError(messageOf(thrown))
  }
}

function label(
  text: string,
  before: ReadonlyMap<string, string> | undefined,
): ReadonlyMap<string, string> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('It takes NAME=VALUE.')
  return new Map([...(before ?? []), [text.slice(0, at), text.slice(at + 1)]])
}
