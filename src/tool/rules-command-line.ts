import { Command, InvalidArgumentError, Option } from 'commander'
import { messageOf } from '../base/errors.ts'
import { parseDurationMs } from '../model/duration.ts'
import { addFeatureOption, featuresOf } from './promql-command-line.ts'
import { headerPair, serverUrl } from './server-arguments.ts'

/** `narthex rules backtest` (rows B1.8 and B1.10). */
export interface RulesCommand {
  readonly kind: 'backtest'
  readonly file: string
  /** By which a server knows the file. */
  readonly name: string
  /** As written: a time, or a duration before the end. */
  readonly from: string
  /** '' is now. */
  readonly to: string
  readonly directory: string
  /** Instead of the directory. */
  readonly server: URL | undefined
  readonly headers: readonly string[]
  readonly httpConfigFile: string
  /** '' where there is none: then what Prometheus has by default. */
  readonly configFile: string
  readonly evaluationIntervalMs: number | undefined
  readonly features: readonly string[]
  readonly format: 'table' | 'json'
  readonly seriesMax: number
  /** Where blocks of what recording rules write go; '' for none. */
  readonly blocks: string
  readonly maxBlockDurationMs: number
}

interface Options {
  readonly from: string
  readonly to?: string
  readonly data: string
  readonly server?: URL
  readonly header?: readonly string[]
  readonly 'http.config.file'?: string
  readonly 'config.file'?: string
  readonly name?: string
  readonly evaluationInterval?: number
  readonly format: 'table' | 'json'
  readonly series: number
  readonly blocks?: string
  readonly maxBlockDuration: number
}

/** The commands as `narthex --help` lists them; `take` is told what was asked for. */
export function makeRulesCommand(take: (command: RulesCommand) => void): Command {
  const rules = new Command('rules')
    .description('Evaluate rules over past data: backtest.')
    .usage('COMMAND')
  const command = rules
    .command('backtest')
    .description(
      'Tell when alerts would have been pending and firing, and what recording rules would have written.',
    )
    .argument('<rule-file>', 'The rule file.')
    .requiredOption(
      '--from <time>',
      'RFC 3339, unix seconds, or how long before the end: 6h. Alerts begin anew there: take the longest `for` more.',
    )
    .option('--to <time>', 'RFC 3339 or unix seconds; now where it is not given.')
    .option('--data <directory>', 'The data directory; it is only read.', 'data/')
    .option('--server <server>', 'Ask this server instead of a data directory.', serverUrl)
    .option('--header <name=value>', 'Send this header to the server; repeatable.', headerPair)
    .option('--http.config.file <file>', 'How to connect to the server: credentials, TLS.')
    .option('--config.file <file>', 'A prometheus.yml: intervals and external labels.')
    .option('--name <path>', 'The path by which a server knows the rule file; the file itself.')
    .option('--evaluation-interval <duration>', 'Of groups that name none.', duration)
    .option('--series <count>', 'Print samples of so many series of each rule, as JSON.', whole, 0)
    .option('--blocks <directory>', 'Write blocks of what recording rules write.')
    .addOption(
      new Option('--max-block-duration <duration>', 'How long a block may span.')
        .argParser(duration)
        .default(0, '2h'),
    )
    .addOption(
      new Option('-o, --format <format>', 'How the answer is printed.')
        .choices(['table', 'json'])
        .default('table'),
    )
  addFeatureOption(command).action((file: string, options: Options) =>
    take({
      kind: 'backtest',
      file,
      name: options.name ?? file,
      from: options.from,
      to: options.to ?? '',
      directory: options.data,
      server: options.server,
      headers: options.header ?? [],
      httpConfigFile: options['http.config.file'] ?? '',
      configFile: options['config.file'] ?? '',
      evaluationIntervalMs: options.evaluationInterval,
      features: featuresOf(command.getOptionValue('enableFeature')),
      format: options.format,
      seriesMax: options.series,
      blocks: options.blocks ?? '',
      maxBlockDurationMs: options.maxBlockDuration,
    }),
  )
  return rules
}

function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It is no whole number.')
  return Number(text)
}

function duration(text: string): number {
  try {
    return parseDurationMs(text)
  } catch (thrown) {
    throw new InvalidArgumentError(messageOf(thrown))
  }
}
