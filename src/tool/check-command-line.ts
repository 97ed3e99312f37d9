import { Command } from 'commander'
import { goDurationMs } from './go-duration.ts'
import { addFeatureOption, featuresOf } from './promql-command-line.ts'

/** `narthex check ...`, the names and flags of promtool (rows F4.3 to F4.5). */
export type CheckCommand = CheckServiceDiscoveryCommand | CheckRulesCommand | CheckWebConfigCommand

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

/** The commands as `narthex --help` lists them; `take` is told what was asked for. */
export function makeCheckCommand(take: (command: CheckCommand) => void): Command {
  const check = new Command('check')
    .description(
      'Check files, and what a configuration does: rules, service-discovery, web-config.',
    )
    .usage('COMMAND')
  addRules(check, take)
  check
    .command('service-discovery')
    .description("Discover a job's targets and print their labels before and after relabelling.")
    .argument('<config-file>', 'The configuration, such as prometheus.yml.')
    .argument('<job>', 'The job to discover targets for.')
    .option('--timeout <duration>', 'How long to wait for targets.', goDurationMs, 30_000)
    .action((configFile: string, job: string, { timeout }: DiscoveryOptions) =>
      take({ kind: 'service-discovery', configFile, job, timeoutMs: timeout }),
    )
  check
    .command('web-config')
    .description('Check files of --web.config.file, and the certificates that they name.')
    .argument('<web-config-files...>', 'The files to check.')
    .action((files: readonly string[]) => take({ kind: 'web-config', files }))
  return check
}

function addRules(check: Command, take: (command: CheckCommand) => void): void {
  const rules = check
    .command('rules')
    .description('Check rule files, or the standard input.')
    .argument('[rule-files...]', 'The rule files; the standard input where there are none.')
    .option('--lint <names>', 'What to look for: all, duplicate-rules, none.', 'duplicate-rules')
    .option('--lint-fatal', 'Exit with code 3 where a lint was found.')
    .option('--ignore-unknown-fields', 'Take fields that rule files do not have.')
  addFeatureOption(rules).action(
    (files: readonly string[], { lint, lintFatal, ignoreUnknownFields }: RulesOptions) =>
      take({
        kind: 'rules',
        files,
        lints: lint === '' ? [] : lint.split(','),
        isLintFatal: lintFatal === true,
        ignoresUnknown: ignoreUnknownFields === true,
        features: featuresOf(rules.getOptionValue('enableFeature')),
      }),
  )
}
