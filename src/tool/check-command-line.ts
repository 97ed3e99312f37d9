import { Command } from 'commander'
import { durationOption } from './duration-option.ts'
import { addFeatureOption, featuresOf } from './promql-command-line.ts'
import { serverUrl } from './server-arguments.ts'
import type { ToolServer } from './tool-client.ts'

/** `narthex check ...`, the names and flags of promtool (rows F4.1 to F4.7). */
export type CheckCommand =
  | CheckConfigCommand
  | CheckServiceDiscoveryCommand
  | CheckRulesCommand
  | CheckWebConfigCommand
  | CheckServerCommand
  | CheckMetricsCommand

export interface CheckConfigCommand {
  readonly kind: 'config'
  readonly files: readonly string[]
  readonly isSyntaxOnly: boolean
  readonly lints: readonly string[]
  readonly isLintFatal: boolean
  readonly ignoresUnknown: boolean
  readonly isAgent: boolean
  /** Takes what this version cannot do yet, as the server does with the same flag. */
  readonly allowsUnimplemented: boolean
  /** The server's --query.lookback-delta. */
  readonly lookbackMs: number
  /** What --enable-feature names. */
  readonly features: readonly string[]
}

export interface CheckServerCommand extends ToolServer {
  readonly kind: 'healthy' | 'ready'
}

export interface CheckMetricsCommand {
  readonly kind: 'metrics'
  readonly isExtended: boolean
  /** all, or none. */
  readonly lint: string
}

export interface CheckServiceDiscoveryCommand {
  readonly kind: 'service-discovery'
  readonly configFile: string
  readonly job: string
  readonly timeoutMs: number
}

export interface CheckRulesCommand {
  readonly kind: 'rules'
  /** The standard input where there are none. */
  readonly files: readonly string[]
  readonly lints: readonly string[]
  readonly isLintFatal: boolean
  readonly ignoresUnknown: boolean
  /** What --enable-feature names. */
  readonly features: readonly string[]
}

export interface CheckWebConfigCommand {
  readonly kind: 'web-config'
  readonly files: readonly string[]
}

interface DiscoveryOptions {
  readonly timeout: number
}

interface RulesOptions {
  readonly lint: string
  readonly lintFatal?: boolean
  readonly ignoreUnknownFields?: boolean
}

interface ConfigOptions extends RulesOptions {
  readonly syntaxOnly?: boolean
  readonly agent?: boolean
}

/** The commands as `narthex --help` lists them; `take` is told what was asked for. */
export function makeCheckCommand(take: (command: CheckCommand) => void): Command {
  const check = new Command('check')
    .description(
      'Check files, pages and servers: config, rules, web-config, service-discovery, metrics and more.',
    )
    .usage('COMMAND')
    .addOption(durationOption('--query.lookback-delta <duration>', "The server's flag.", '5m'))
  addConfig(check, take)
  addRules(check, take)
  check
    .command('service-discovery')
    .description("Discover a job's targets and print their labels before and after relabelling.")
    .argument('<config-file>', 'The configuration, such as prometheus.yml.')
    .argument('<job>', 'The job to discover targets for.')
    .addOption(durationOption('--timeout <duration>', 'How long to wait for targets.', '30s'))
    .action((configFile: string, job: string, { timeout }: DiscoveryOptions) =>
      take({ kind: 'service-discovery', configFile, job, timeoutMs: timeout }),
    )
  check
    .command('web-config')
    .description('Check files of --web.config.file, and the certificates that they name.')
    .argument('<web-config-files...>', 'The files to check.')
    .action((files: readonly string[]) => take({ kind: 'web-config', files }))
  addServer(check, 'healthy', take)
  addServer(check, 'ready', take)
  check
    .command('metrics')
    .description("Check a page on the standard input against Prometheus' naming conventions.")
    .option('--extended', 'Count the series of each metric.')
    .option('--lint <names>', 'What to look for: all, none.', 'all')
    .action(({ extended, lint }: { readonly extended?: boolean; readonly lint: string }) =>
      take({ kind: 'metrics', isExtended: extended === true, lint }),
    )
  return check
}

function addConfig(check: Command, take: (command: CheckCommand) => void): void {
  const config = check
    .command('config')
    .description(
      'Check configuration files, and the rules, targets and other files that they name.',
    )
    .argument('<config-files...>', 'The files to check.')
    .option('--syntax-only', 'Look at the files themselves only.')
    .option(
      '--lint <names>',
      'What to look for: all, duplicate-rules, too-long-scrape-interval, none.',
      'duplicate-rules',
    )
    .option('--lint-fatal', 'Exit with code 3 where a lint was found.')
    .option('--ignore-unknown-fields', 'Take fields that rule files do not have.')
    .option('--agent', 'Check as an agent does.')
    .option('--narthex.allow-unimplemented', 'Take what this version cannot do yet.')
  addFeatureOption(config).action((files: readonly string[], options: ConfigOptions) =>
    take({
      kind: 'config',
      files,
      isSyntaxOnly: options.syntaxOnly === true,
      ...lintsOf(options),
      isAgent: options.agent === true,
      allowsUnimplemented: config.getOptionValue('narthex.allowUnimplemented') === true,
      lookbackMs: Number(check.getOptionValue('query.lookbackDelta')),
      features: featuresOf(config.getOptionValue('enableFeature')),
    }),
  )
}

function lintsOf({ lint, lintFatal, ignoreUnknownFields }: RulesOptions) {
  return {
    lints: lint === '' ? [] : lint.split(','),
    isLintFatal: lintFatal === true,
    ignoresUnknown: ignoreUnknownFields === true,
  }
}

function addServer(
  check: Command,
  kind: CheckServerCommand['kind'],
  take: (command: CheckCommand) => void,
): void {
  const command = check
    .command(kind)
    .description(`Check whether a server is ${kind}.`)
    .option('--url <url>', 'The server.', serverUrl, new URL('http://localhost:9090'))
    .option('--http.config.file <file>', 'How to connect: credentials, TLS, as in prometheus.yml.')
  command.action(({ url }: { readonly url: URL }) => {
    const httpConfigFile = String(command.getOptionValue('http.config.file') ?? '')
    take({ kind, url, headers: [], httpConfigFile })
  })
}

function addRules(check: Command, take: (command: CheckCommand) => void): void {
  const rules = check
    .command('rules')
    .description('Check rule files, or the standard input.')
    .argument('[rule-files...]', 'The rule files; the standard input where there are none.')
    .option('--lint <names>', 'What to look for: all, duplicate-rules, none.', 'duplicate-rules')
    .option('--lint-fatal', 'Exit with code 3 where a lint was found.')
    .option('--ignore-unknown-fields', 'Take fields that rule files do not have.')
  addFeatureOption(rules).action((files: readonly string[], options: RulesOptions) =>
    take({
      kind: 'rules',
      files,
      ...lintsOf(options),
      features: featuresOf(rules.getOptionValue('enableFeature')),
    }),
  )
}
