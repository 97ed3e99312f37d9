import { limits } from '../base/limits.ts'
import { ConfigProblem } from './problem.ts'
import { type PlacedText, StrictYamlReader } from './strict-yaml.ts'
import { parseYamlDocument, type YamlNode } from './yaml-node.ts'

/** One rule as it is written (row R1.3); nothing of it is checked beyond its shape. */
export interface RuleNode {
  readonly record: PlacedText
  readonly alert: PlacedText
  readonly expr: PlacedText
  readonly forMs: number
  readonly keepFiringForMs: number
  readonly labels: ReadonlyMap<string, string>
  readonly annotations: ReadonlyMap<string, string>
}

/** Row R1.2; an interval of 0 is the global one. */
export interface RuleGroupNode {
  readonly name: string
  readonly intervalMs: number
  readonly queryOffsetMs: number | undefined
  readonly limit: number
  readonly labels: ReadonlyMap<string, string>
  readonly rules: readonly RuleNode[]
}

export interface RuleFileText {
  readonly groups: readonly RuleGroupNode[]
  /** Further documents are not read. */
  readonly hasMoreDocuments: boolean
}

/**
 * The groups of a rule file (rows R1.1 to R1.3), or what is wrong with its shape, in upstream's
 * words: it decodes twice, once strictly and once for places, and tells the faults of both.
 */
export function readRuleFile(
  text: string,
  ignoresUnknown: boolean,
): RuleFileText | { readonly errors: readonly string[] } {
  if (Buffer.byteLength(text) > limits.configBytesMax) {
    return { errors: [`file is over ${limits.configBytesMax} bytes`] }
  }
  try {
    const { node, isAlone } = parseYamlDocument(text)
    const reader = new RuleFileReader(ignoresUnknown)
    const groups = node === undefined ? [] : reader.file(node)
    const errors = reader.errors()
    return errors.length > 0 ? { errors } : { groups, hasMoreDocuments: !isAlone }
  } catch (thrown) {
    if (!(thrown instanceof ConfigProblem)) throw thrown
    return { errors: [thrown.message, thrown.message] }
  }
}

function alreadyDefined(key: string, _type: string | undefined, firstLine: number): string {
  return `mapping key ${key} already defined at line ${firstLine}`
}

class RuleFileReader extends StrictYamlReader {
  constructor(ignoresUnknown: boolean) {
    super({ ignoresUnknown, duplicate: alreadyDefined })
  }

  /** Upstream decodes twice: strictly, and then into types of other names that keep places. */
  errors(): readonly string[] {
    const again = this.framed(({ isUnknown }) => !isUnknown).map((text) =>
      text
        .replaceAll('into rulefmt.RuleGroups', 'into rulefmt.ruleGroups')
        .replaceAll('into []rulefmt.RuleGroup', 'into []rulefmt.RuleGroupNode')
        .replace(/into \[\]rulefmt\.Rule$/gm, 'into []rulefmt.RuleNode'),
    )
    return [...this.framed(() => true), ...again]
  }

  file(node: YamlNode): readonly RuleGroupNode[] {
    const fields = this.fields(node, 'rulefmt.RuleGroups', ['groups'])
    return this.list(fields.get('groups'), 'rulefmt.RuleGroup').map((item) => this.#group(item))
  }

  #group(node: YamlNode): RuleGroupNode {
    const fields = this.fields(node, 'rulefmt.RuleGroup', [
      'name',
      'interval',
      'query_offset',
      'limit',
      'rules',
      'labels',
    ])
    const offset = fields.get('query_offset')
    return {
      name: this.text(fields.get('name')).text,
      intervalMs: this.durationMs(fields.get('interval')),
      queryOffsetMs: offset === undefined ? undefined : this.durationMs(offset),
      limit: this.integer(fields.get('limit')),
      labels: this.texts(fields.get('labels')),
      rules: this.list(fields.get('rules'), 'rulefmt.Rule').map((item) => this.#rule(item)),
    }
  }

  #rule(node: YamlNode): RuleNode {
    const fields = this.fields(node, 'rulefmt.Rule', [
      'record',
      'alert',
      'expr',
      'for',
      'keep_firing_for',
      'labels',
      'annotations',
    ])
    return {
      record: this.text(fields.get('record')),
      alert: this.text(fields.get('alert')),
      expr: this.text(fields.get('expr')),
      forMs: this.durationMs(fields.get('for')),
      keepFiringForMs: this.durationMs(fields.get('keep_firing_for')),
      labels: this.texts(fields.get('labels')),
      annotations: this.texts(fields.get('annotations')),
    }
  }
}
