import { Command, CommanderError, Option } from 'commander'
import { messageOf, NarthexError } from '../base/errors.ts'
import { parseDurationMs } from '../model/duration.ts'
import { type CheckCommand, makeCheckCommand } from './check-command-line.ts'
import { commandFirst } from './command-first.ts'
import { type DebugCommand, makeDebugCommand } from './debug-command-line.ts'
import { featureNames, featureTable } from './feature-table.ts'
import { type Flag, type FlagKind, flagTable } from './flag-table.ts'
import { goDurationMs } from './go-duration.ts'
import { helpLayout } from './help-layout.ts'
import { makePromqlCommand, type PromqlCommand } from './promql-command-line.ts'
import { makePushCommand, type PushCommand } from './push-command-line.ts'
import { makeQueryCommand, type QueryCommand } from './query-command-line.ts'
import { readToolCommand } from './read-tool-command.ts'
import { makeRulesCommand, type RulesCommand } from './rules-command-line.ts'
import { makeTestCommand, type TestCommand } from './test-command-line.ts'
import { makeTsdbCommand, type TsdbCommand } from './tsdb-command-line.ts'

/** The command line, read and checked. */
export interface Flags {
  text(name: string): string
  isOn(name: string): boolean
  /** Whether it stood on the command line. */
  isGiven(name: string): boolean
  number(name: string): number
  durationMs(name: string): number
  list(name: string): readonly string[]
  /** Whether --enable-feature names it. */
  isFeatureOn(name: string): boolean
  /** Features that were given and that nobody knows, or that are always on. */
  readonly idleFeatures: readonly string[]
  /** Every flag with its value as text, for /api/v1/status/flags. */
  readonly all: ReadonlyMap<string, string>
  /** Flags that were given and do nothing yet, with --narthex.allow-unimplemented. */
  readonly unimplemented: readonly string[]
}

export type CommandLine =
  | { readonly kind: 'serve'; readonly flags: Flags }
  | { readonly kind: 'tsdb'; readonly command: TsdbCommand }
  | { readonly kind: 'query'; readonly command: QueryCommand }
  | { readonly kind: 'promql'; readonly command: PromqlCommand }
  | { readonly kind: 'check'; readonly command: CheckCommand }
  | { readonly kind: 'test'; readonly command: TestCommand }
  | { readonly kind: 'push'; readonly command: PushCommand }
  | { readonly kind: 'debug'; readonly command: DebugCommand }
  | { readonly kind: 'rules'; readonly command: RulesCommand }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version' }

/** Keeps the names as they are written: commander would make them camel case and split dots. */
class PlainOption extends Option {
  override attributeName(): string {
    return this.name().replace(/^no-/, '')
  }
}

/** Reads the arguments behind the program's name. Throws FLAG_INVALID with what to do. */
export function readCommandLine(parameters: readonly string[]): CommandLine {
  const ofGroup = readGroup(commandFirst(parameters))
  if (ofGroup !== undefined) return ofGroup
  const command = makeCommand()
  const given = new Map<string, string[]>()
  for (const flag of flagTable) addFlag(command, flag, given)
  if (parameters.includes('--help') || parameters.includes('-h')) {
    return { kind: 'help', text: command.helpInformation() }
  }
  if (parameters.includes('--version')) return { kind: 'version' }
  try {
    command.parse([...parameters], { from: 'user' })
  } catch (thrown) {
    const isExcess = thrown instanceof CommanderError && thrown.code === 'commander.excessArguments'
    if (isExcess) throw unknownCommand(command)
    throw new NarthexError('FLAG_INVALID', messageOf(thrown).replace(/^error: /, ''))
  }
  return { kind: 'serve', flags: checkedFlags(given) }
}

function unknownCommand({ args: [word = ''], commands }: Command): NarthexError {
  const known = commands.map((command) => command.name()).join(', ')
  const words = `unknown command '${word}'; the server takes none, others are ${known}`
  return new NarthexError('FLAG_INVALID', words)
}

/** Undefined where the first word names no group of commands. */
function readGroup(parameters: readonly string[]): CommandLine | undefined {
  const read = <Taken>(
    make: (take: (command: Taken) => void) => Command,
    line: (command: Taken) => CommandLine,
  ): CommandLine => {
    const command = readToolCommand(make, parameters)
    return typeof command === 'string' ? { kind: 'help', text: command } : line(command)
  }
  switch (parameters[0]) {
    case 'tsdb':
      return read(makeTsdbCommand, (command) => ({ kind: 'tsdb', command }))
    case 'query':
      return read(makeQueryCommand, (command) => ({ kind: 'query', command }))
    case 'check':
      return read(makeCheckCommand, (command) => ({ kind: 'check', command }))
    case 'test':
      return read(makeTestCommand, (command) => ({ kind: 'test', command }))
    case 'push':
      return read(makePushCommand, (command) => ({ kind: 'push', command }))
    case 'debug':
      return read(makeDebugCommand, (command) => ({ kind: 'debug', command }))
    case 'rules':
      return read(makeRulesCommand, (command) => ({ kind: 'rules', command }))
    case 'promql':
      return read(makePromqlCommand, (command) => ({ kind: 'promql', command }))
    default:
      return undefined
  }
}

function makeCommand(): Command {
  return new Command('narthex')
    .description('The Narthex monitoring server: Prometheus-compatible, with its own database.')
    .helpOption('-h, --help', 'Show this help.')
    .addOption(new PlainOption('--version', 'Show the version.'))
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, writeOut: () => undefined })
    .configureHelp(helpLayout)
    .helpCommand(false)
    .addCommand(makeCheckCommand(() => undefined))
    .addCommand(makeTestCommand(() => undefined))
    .addCommand(makeRulesCommand(() => undefined))
    .addCommand(makeTsdbCommand(() => undefined))
    .addCommand(makeQueryCommand(() => undefined))
    .addCommand(makePromqlCommand(() => undefined))
    .addCommand(makePushCommand(() => undefined))
    .addCommand(makeDebugCommand(() => undefined))
    .action(() => undefined)
}

function addFlag(command: Command, flag: Flag, given: Map<string, string[]>): void {
  const isSwitch = flag.kind === 'switch'
  const note =
    flag.help === '' ? '(not built yet)' : `${flag.help} Default: ${flag.initial || 'none'}.`
  const option = new PlainOption(`--${flag.name}${isSwitch ? '' : ' <value>'}`, note)
  if (!flag.isBuilt) option.hideHelp()
  command.addOption(option)
  command.on(`option:${flag.name}`, (value?: string) => {
    given.set(flag.name, [...(given.get(flag.name) ?? []), value ?? 'true'])
  })
  if (!isSwitch) return
  command.addOption(new PlainOption(`--no-${flag.name}`).hideHelp())
  command.on(`option:no-${flag.name}`, () => given.set(flag.name, ['false']))
}

function checkedFlags(given: ReadonlyMap<string, readonly string[]>): Flags {
  const allows = given.get('narthex.allow-unimplemented')?.at(-1) === 'true'
  const features = featureNames(given.get('enable-feature') ?? [])
  const unimplemented = [
    ...flagTable.filter((flag) => !flag.isBuilt && given.has(flag.name)).map(({ name }) => name),
    ...features
      .filter((name) => featureTable.get(name) === 'later')
      .map((name) => `enable-feature=${name}`),
  ]
  const [first] = unimplemented
  if (first !== undefined && !allows) {
    throw new NarthexError(
      'NOT_BUILT_YET',
      `flag --${first} is not built yet and would do nothing; --narthex.allow-unimplemented starts anyway`,
    )
  }
  const values = new Map(
    flagTable.map((flag) => [flag.name, given.get(flag.name) ?? [flag.initial]]),
  )
  const kinds = new Map(flagTable.map(({ name, kind }) => [name, kind]))
  const last = (name: string) => values.get(name)?.at(-1) ?? ''
  for (const flag of flagTable) checkValue(flag, last(flag.name))
  return {
    text: last,
    isOn: (name) => last(name) === 'true',
    isGiven: (name) => given.has(name),
    number: (name) => Number(last(name)),
    durationMs: (name) => readDurationMs(kinds.get(name), last(name)),
    list: (name) => values.get(name) ?? [],
    all: new Map([...values].map(([name, list]) => [name, list.join(', ')])),
    isFeatureOn: (name) => features.includes(name),
    idleFeatures: features.filter(
      (name) => !['built', 'later'].includes(featureTable.get(name) ?? 'unknown'),
    ),
    unimplemented,
  }
}

const choices: Readonly<Record<string, readonly string[]>> = {
  'log.level': ['debug', 'info', 'warn', 'error'],
  'log.format': ['logfmt', 'json'],
  'storage.tsdb.wal-compression-type': ['snappy', 'zstd'],
}

/** Flags that take whole numbers, and from which on. */
const leastWhole: Readonly<Record<string, number>> = {
  'query.max-concurrency': 1,
  'query.max-samples': 0,
  'rules.max-concurrent-evals': 1,
  'web.search.max-limit': 0,
  'alertmanager.notification-queue-capacity': 0,
  'alertmanager.notification-batch-size': 1,
}

function checkValue(flag: Flag, value: string): void {
  const wrong = (wanted: string) =>
    new NarthexError(
      'FLAG_INVALID',
      `flag --${flag.name} takes ${wanted}, not ${JSON.stringify(value)}`,
    )
  const allowed = choices[flag.name]
  if (allowed !== undefined && !allowed.includes(value)) throw wrong(`one of ${allowed.join(', ')}`)
  if (flag.kind === 'number' && !(Number(value) >= 0)) throw wrong('a number')
  const least = leastWhole[flag.name]
  if (least !== undefined && !(Number.isSafeInteger(Number(value)) && Number(value) >= least)) {
    throw wrong(`a whole number of at least ${least}`)
  }
  if (flag.kind !== 'duration' && flag.kind !== 'go-duration') return
  try {
    readDurationMs(flag.kind, value)
  } catch (thrown) {
    throw wrong(`a duration such as 30s or 1h30m (${messageOf(thrown)})`)
  }
}

function readDurationMs(kind: FlagKind | undefined, text: string): number {
  return kind === 'go-duration' ? goDurationMs(text) : parseDurationMs(text)
}
