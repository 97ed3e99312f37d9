import { Command, Option } from 'commander'
import type { MatchOp } from '../model/matcher.ts'

/** `narthex promql ...`, the names and flags of promtool (rows F7.1 to F7.3). */
export type PromqlCommand = {
  readonly isExperimental: boolean
  /** What --enable-feature names. */
  readonly features: readonly string[]
  readonly query: string
} & (
  | { readonly kind: 'format' }
  | {
      readonly kind: 'set'
      readonly op: MatchOp
      readonly name: string
      readonly value: string
    }
  | { readonly kind: 'delete'; readonly name: string }
)

interface Options {
  readonly type: MatchOp
}

/** The commands as `narthex --help` lists them; `take` is told what was asked for. */
export function makePromqlCommand(take: (command: PromqlCommand) => void): Command {
  const promql = new Command('promql')
    .description('Format and edit PromQL: format, label-matchers. Needs --experimental.')
    .usage('COMMAND')
    .option('--experimental', 'Allow experimental commands.')
  addFeatureOption(promql)
  const common = (query: string) => ({
    isExperimental: promql.getOptionValue('experimental') === true,
    features: featuresOf(promql.getOptionValue('enableFeature')),
    query,
  })
  promql
    .command('format')
    .description('Print a query as Prometheus formats it.')
    .argument('<query>', 'The PromQL query.')
    .action((query: string) => take({ ...common(query), kind: 'format' }))
  const matchers = promql
    .command('label-matchers')
    .description('Edit the label matchers of a query: set, delete.')
    .usage('COMMAND')
  matchers
    .command('set')
    .description('Set a label matcher in every selector.')
    .argument('<query>', 'The PromQL query.')
    .argument('<name>', 'The label.')
    .argument('<value>', 'The value to match.')
    .addOption(
      new Option('-t, --type <type>', 'How it matches.')
        .choices(['=', '!=', '=~', '!~'])
        .default('='),
    )
    .action((query: string, name: string, value: string, { type }: Options) =>
      take({ ...common(query), kind: 'set', op: type, name, value }),
    )
  matchers
    .command('delete')
    .description('Delete the matchers of a label in every selector.')
    .argument('<query>', 'The PromQL query.')
    .argument('<name>', 'The label.')
    .action((query: string, name: string) => take({ ...common(query), kind: 'delete', name }))
  return promql
}

/** Promtool's flag for what is not in the language by default. */
export function addFeatureOption(command: Command): Command {
  const help = 'Features of the language, separated by commas.'
  return command.option('--enable-feature <names>', help, split)
}

function split(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), ...text.split(',')]
}

/** What the option of addFeatureOption was given. */
export function featuresOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}
