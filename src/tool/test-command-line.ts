import { Command } from 'commander'
import { addFeatureOption, featuresOf } from './promql-command-line.ts'

/** `narthex test rules ...`, the names and flags of promtool (rows F5.9 and R6.5). */
export interface TestCommand {
  readonly files: readonly string[]
  /** Patterns of names of tests; all of them run where there are none. */
  readonly patterns: readonly string[]
  readonly debugs: boolean
  readonly showsDifferences: boolean
  readonly ignoresUnknown: boolean
  /** Whether rules and tested expressions may use `@`, and offsets that look ahead. */
  readonly atModifier: boolean
  readonly negativeOffset: boolean
  /** '' where no report is wanted. */
  readonly junitFile: string
  /** What --enable-feature names. */
  readonly features: readonly string[]
}

interface Options {
  readonly run?: readonly string[]
  readonly debug?: boolean
  readonly diff?: boolean
  readonly ignoreUnknownFields?: boolean
  readonly atModifier: boolean
  readonly negativeOffset: boolean
}

/** The commands as `narthex --help` lists them; `take` is told what was asked for. */
export function makeTestCommand(take: (command: TestCommand) => void): Command {
  const test = new Command('test')
    .description('Run unit tests: rules.')
    .usage('COMMAND')
    .option('--junit <file>', 'Where to write the results as JUnit XML.')
  addFeatureOption(test)
  test
    .command('rules')
    .description('Run unit tests of rules.')
    .argument('<test-files...>', 'The files of tests.')
    .option('--run <pattern>', 'Run only tests with such names; may be given again.', collect)
    .option('--debug', 'Tell when tests begin and end, and print all data behind them.')
    .option('--diff', 'Print differences between the alerts expected and found, in colours.')
    .option('--ignore-unknown-fields', 'Take fields that rule files do not have.')
    .option('--no-at-modifier', 'Refuse queries that use @.')
    .option(
      '--no-negative-offset',
      'Refuse queries that look ahead, where a server has no samples yet.',
    )
    .action((files: readonly string[], options: Options) =>
      take({
        files,
        patterns: options.run ?? [],
        debugs: options.debug === true,
        showsDifferences: options.diff === true,
        ignoresUnknown: options.ignoreUnknownFields === true,
        atModifier: options.atModifier,
        negativeOffset: options.negativeOffset,
        junitFile: String(test.getOptionValue('junit') ?? ''),
        features: featuresOf(test.getOptionValue('enableFeature')),
      }),
    )
  return test
}

function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text]
}
