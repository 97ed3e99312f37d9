import { Command, Option } from 'commander'
import { goDurationMs } from './go-duration.ts'
import { headerPair, serverUrl } from './server-arguments.ts'
import type { ToolServer } from './tool-client.ts'

interface Common extends ToolServer {
  readonly format: 'promql' | 'json'
}

interface Times {
  /** As they stand on the command line; '' where they do not. */
  readonly start: string
  readonly end: string
}

/** `narthex query ...`, the names and flags of promtool (rows F5.1 to F5.6), and explain. */
export type QueryCommand = Common &
  (
    | { readonly kind: 'instant'; readonly expr: string; readonly time: string }
    | ({ readonly kind: 'range'; readonly expr: string; readonly stepMs: number } & Times)
    | ({
        readonly kind: 'explain'
        readonly expr: string
        readonly time: string
        readonly stepMs: number
        readonly analyzes: boolean
      } & Times)
    | ({ readonly kind: 'series'; readonly matches: readonly string[] } & Times)
    | ({
        readonly kind: 'labels'
        readonly name: string
        readonly matches: readonly string[]
      } & Times)
    | {
        readonly kind: 'analyze'
        readonly type: string
        readonly durationMs: number
        readonly time: string
        readonly matches: readonly string[]
      }
  )

/** What commander gathers of a command's flags, and of those of the group. */
interface Options {
  readonly header?: readonly string[]
  readonly time?: string
  readonly start?: string
  readonly end?: string
  readonly step?: number
  readonly match?: readonly string[]
  readonly server?: URL
  readonly type?: string
  readonly duration?: number
  readonly analyze?: boolean
}

type Take = (command: QueryCommand) => void

/** The commands as `narthex --help` lists them; `take` is told what was asked for. */
export function makeQueryCommand(take: Take): Command {
  const query = new Command('query')
    .description('Ask a Prometheus server: instant, range, series, labels, analyze, explain.')
    .usage('COMMAND')
    .addOption(
      new Option('-o, --format <format>', 'How answers are printed.')
        .choices(['promql', 'json'])
        .default('promql'),
    )
    .option('--http.config.file <file>', 'How to connect: credentials, TLS, as in prometheus.yml.')
  const common = (url: URL, { header = [] }: Options): Common => ({
    url,
    headers: header,
    format: query.getOptionValue('format') === 'json' ? 'json' : 'promql',
    httpConfigFile: String(query.getOptionValue('http.config.file') ?? ''),
  })
  addExpressions(query, common, take)
  addExplain(query, common, take)
  addLookups(query, common, take)
  addAnalyze(query, common, take)
  return query
}

type CommonOf = (url: URL, options: Options) => Common

const timeOption = [
  '--time <time>',
  'RFC 3339 or unix seconds; now where it is not given.',
] as const

/** A command that takes a server and an expression. */
function expressionCommand(query: Command, name: string): Command {
  return query
    .command(name)
    .argument('<server>', 'The server, such as http://localhost:9090.', serverUrl)
    .argument('<expr>', 'The PromQL expression.')
    .option('--header <name=value>', 'Send this header; repeatable.', headerPair)
}

/** The options of a range of time in steps; `start` says what a missing start means. */
function withSteps(command: Command, start: string): Command {
  return command
    .option('--start <time>', `RFC 3339 or unix seconds; ${start}`)
    .option('--end <time>', 'RFC 3339 or unix seconds; now where it is not given.')
    .option(
      '--step <duration>',
      'Such as 15s; about 250 steps where it is not given.',
      goDurationMs,
    )
}

function addExpressions(query: Command, common: CommonOf, take: Take): void {
  expressionCommand(query, 'instant')
    .description('Evaluate an expression at one time.')
    .option(...timeOption)
    .action((url: URL, expr: string, options: Options) =>
      take({ ...common(url, options), kind: 'instant', expr, time: options.time ?? '' }),
    )
  withSteps(expressionCommand(query, 'range'), 'five minutes before the end.')
    .description('Evaluate an expression at every step of a range of time.')
    .action((url: URL, expr: string, options: Options) =>
      take({
        ...common(url, options),
        ...timesOf(options),
        kind: 'range',
        expr,
        stepMs: options.step ?? 0,
      }),
    )
}

function addExplain(query: Command, common: CommonOf, take: Take): void {
  const command = expressionCommand(query, 'explain').option(...timeOption)
  withSteps(command, 'with it a range query is explained.')
    .description('Show how Narthex evaluates an expression, at one time or over a range.')
    .option('--analyze', 'Run it, and show what each operator did.')
    .action((url: URL, expr: string, options: Options) =>
      take({
        ...common(url, options),
        ...timesOf(options),
        kind: 'explain',
        expr,
        time: options.time ?? '',
        stepMs: options.step ?? 0,
        analyzes: options.analyze === true,
      }),
    )
}

function addLookups(query: Command, common: CommonOf, take: Take): void {
  const add = (name: string) =>
    query
      .command(name)
      .argument('<server>', 'The server, such as http://localhost:9090.', serverUrl)
      .option('--start <time>', 'RFC 3339 or unix seconds.')
      .option('--end <time>', 'RFC 3339 or unix seconds.')
  add('series')
    .description('List the series that selectors select.')
    .requiredOption('--match <selector>', 'A selector; repeatable.', repeated)
    .action((url: URL, options: Options) =>
      take({
        ...common(url, options),
        ...timesOf(options),
        kind: 'series',
        matches: options.match ?? [],
      }),
    )
  add('labels')
    .description('List the values of a label.')
    .argument('<name>', 'The label.')
    .option('--match <selector>', 'Only of series that it selects; repeatable.', repeated)
    .action((url: URL, name: string, options: Options) =>
      take({
        ...common(url, options),
        ...timesOf(options),
        kind: 'labels',
        name,
        matches: options.match ?? [],
      }),
    )
}

function addAnalyze(query: Command, common: CommonOf, take: Take): void {
  query
    .command('analyze')
    .description('Tell how many buckets of histograms are in use.')
    .requiredOption('--server <server>', 'The server, such as http://localhost:9090.', serverUrl)
    .requiredOption('--type <type>', 'histogram')
    .requiredOption('--match <selector>', 'A selector; repeatable.', repeated)
    .option('--duration <duration>', 'How long to look back.', goDurationMs, 3_600_000)
    .option('--time <time>', 'RFC 3339 or unix seconds; now where it is not given.')
    .action((options: Options) => {
      const { server, type = '', duration = 0, time = '', match = [] } = options
      if (server === undefined) return
      take({
        ...common(server, options),
        kind: 'analyze',
        type,
        durationMs: duration,
        time,
        matches: match,
      })
    })
}

function timesOf({ start = '', end = '' }: Options): Times {
  return { start, end }
}

function repeated(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value]
}
