import { limits } from '../base/limits.ts'
import { ConfigProblem } from './problem.ts'
import { type PlacedText, StrictYamlReader } from './strict-yaml.ts'
import { isNull, parseYamlDocument, type YamlNode } from './yaml-node.ts'

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

/** What is wrong with a file; where it is no YAML, upstream takes the rest for another document. */
export interface RuleFileFaults {
  readonly errors: readonly string[]
  readonly hasMoreDocuments: boolean
}

/**
 * The groups of a rule file (rows R1.1 to R1.3), or what is wrong with its shape, in upstream's
 * words: it decodes twice, once strictly and once for places, and tells the faults of both.
 */
export function readRuleFile(text: string, ignoresUnknown: boolean): RuleFileText | RuleFileFaults {
  if (Buffer.byteLength(text) > limits.configBytesMax) {
    const errors = [`file is over ${limits.configBytesMax} bytes`]
    return { errors, hasMoreDocuments: false }
  }
  let hasMoreDocuments = true
  try {
    const { node, isAlone } = parseYamlDocument(text, 'own-first')
    hasMoreDocuments = !isAlone
    const reader = new RuleFileReader(ignoresUnknown)
    const groups = node === undefined ? [] : reader.file(node)
    const errors = reader.errors()
    return errors.length > 0 ? { errors, hasMoreDocuments } : { groups, hasMoreDocuments }
  } catch (thrown) {
    if (!(thrown instanceof ConfigProblem)) throw thrown
    return { errors: [thrown.message, thrown.message], hasMoreDocuments }
  }
}

class RuleFileReader extends StrictYamlReader {
  constructor(ignoresUnknown: boolean) {
    super({
      ignoresUnknown,
      duplicate: (key, type) => type && `field ${key} already set in type ${type}`,
      isNewer: true,
      booleans: /^(?:true|True|TRUE|false|False|FALSE)$/,
    })
  }

  /** Upstream decodes twice: strictly, and then into types of other names that keep places. */
  errors(): readonly string[] {
    const again = this.framed(({ isUnknown, isOfPlaced }) => !isUnknown && !isOfPlaced).map(
      (text) =>
        text
          .replaceAll('rulefmt.RuleGroups', 'rulefmt.ruleGroups')
          .replace(/((?:into|type) (?:\[\])?rulefmt\.Rule(?:Group)?)$/gm, '$1Node'),
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
      queryOffsetMs: offset === undefined || isNull(offset) ? undefined : this.durationMs(offset),
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
      record: this.placedText(fields.get('record')),
      alert: this.placedText(fields.get('alert')),
      expr: this.placedText(fields.get('expr')),
      forMs: this.durationMs(fields.get('for')),
      keepFiringForMs: this.durationMs(fields.get('keep_firing_for')),
      labels: this.texts(fields.get('labels')),
      annotations: this.texts(fields.get('annotations')),
    }
  }
}
