import type { CommandNode, PipeNode } from '../template-nodes.ts'

/** Functions of every template that escape already; they may stand at the end of a pipeline. */
export const predefinedEscapers: ReadonlySet<string> = new Set(['html', 'urlquery'])

/** Escapers that a predefined one takes the place of. */
const predefinedFor: Readonly<Record<string, string>> = {
  _html_template_attrescaper: 'html',
  _html_template_htmlescaper: 'html',
  _html_template_rcdataescaper: 'html',
  _html_template_urlescaper: 'urlquery',
  _html_template_urlnormalizer: 'urlquery',
}

/** Behind which escapers which others change nothing. */
const needlessBehind: Readonly<Record<string, readonly string[]>> = {
  _html_template_commentescaper: ['_html_template_attrescaper', '_html_template_htmlescaper'],
  _html_template_cssescaper: ['_html_template_attrescaper'],
  _html_template_jsregexpescaper: ['_html_template_attrescaper'],
  _html_template_jsstrescaper: ['_html_template_attrescaper'],
  _html_template_jstmpllitescaper: ['_html_template_attrescaper'],
  _html_template_urlescaper: ['_html_template_urlnormalizer'],
}

/** The function that a command calls; undefined where it calls none. */
export function calledFunction({ operands: [first] }: CommandNode): string | undefined {
  return first?.kind === 'identifier' ? first.name : undefined
}

/** The pipeline with escapers at its end; one that is predefined stays instead of what equals it. */
export function guardedPipe(pipe: PipeNode, wanted: readonly string[]): PipeNode {
  let escapers = wanted
  let commands: readonly CommandNode[] = pipe.commands
  const last = commands.at(-1)
  const predefined = last === undefined ? undefined : calledFunction(last)
  if (last !== undefined && predefined !== undefined && predefinedEscapers.has(predefined)) {
    const hasArguments = commands.length === 1 && last.operands.length > 1
    if (hasArguments) commands = [evaluated(last), calling(predefined, pipe)]
    if (wanted.some((name) => familyOf(name) === predefined)) {
      escapers = wanted.map((name) => (familyOf(name) === predefined ? predefined : name))
      commands = commands.slice(0, -1)
    }
  }
  const there = new Set(commands.map((command) => familyOf(calledFunction(command) ?? '')))
  const guarded = [...commands]
  for (const name of escapers) {
    if (!there.has(familyOf(name))) append(guarded, calling(name, pipe))
  }
  return { ...pipe, commands: guarded }
}

function familyOf(name: string): string {
  return predefinedFor[name] ?? name
}

/** `html a b` as what its arguments are together. */
function evaluated(command: CommandNode): CommandNode {
  const offset = command.operands[0]?.offset ?? command.offset
  const operands = [
    { kind: 'identifier', offset, name: '_eval_args_' } as const,
    ...command.operands.slice(1),
  ]
  return { ...command, operands }
}

function calling(name: string, { offset }: PipeNode): CommandNode {
  return { kind: 'command', offset, operands: [{ kind: 'identifier', offset, name }] }
}

function append(commands: CommandNode[], command: CommandNode): void {
  const last = commands.at(-1)
  const before = last === undefined ? undefined : calledFunction(last)
  const isNeedless = needlessBehind[before ?? '']?.includes(calledFunction(command) ?? '') === true
  if (!isNeedless) commands.push(command)
}
