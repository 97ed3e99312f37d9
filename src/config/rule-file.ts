import { limits } from '../base/limits.ts'
import { DurationError, parseDurationMs } from '../model/duration.ts'
import { ConfigProblem } from './problem.ts'
import { isNull, parseYamlDocument, type YamlMap, type YamlNode } from './yaml-node.ts'

/** A text and where it stands; line and column 0 where it is absent. */
export interface PlacedText {
  readonly text: string
  readonly line: number
  readonly column: number
}

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

const nowhere: PlacedText = { text: '', line: 0, column: 0 }
const noTexts: ReadonlyMap<string, string> = new Map()

class RuleFileReader {
  readonly #ignoresUnknown: boolean
  readonly #faults: {
    readonly line: number
    readonly words: string
    readonly isUnknown: boolean
  }[] = []

  constructor(ignoresUnknown: boolean) {
    this.#ignoresUnknown = ignoresUnknown
  }

  errors(): readonly string[] {
    const framed = (faults: readonly { readonly words: string }[]) =>
      faults.length === 0
        ? []
        : [`yaml: unmarshal errors:\n${faults.map(({ words }) => `  ${words}`).join('\n')}`]
    const sorted = [...this.#faults].sort((a, b) => a.line - b.line)
    return [...framed(sorted), ...framed(sorted.filter(({ isUnknown }) => !isUnknown))]
  }

  file(node: YamlNode): readonly RuleGroupNode[] {
    const fields = this.#fields(node, 'rulefmt.RuleGroups', ['groups'])
    return this.#list(fields.get('groups'), 'rulefmt.RuleGroup').map((item) => this.#group(item))
  }

  #group(node: YamlNode): RuleGroupNode {
    const fields = this.#fields(node, 'rulefmt.RuleGroup', [
      'name',
      'interval',
      'query_offset',
      'limit',
      'rules',
      'labels',
    ])
    const offset = fields.get('query_offset')
    return {
      name: this.#text(fields.get('name')).text,
      intervalMs: this.#durationMs(fields.get('interval')),
      queryOffsetMs: offset === undefined ? undefined : this.#durationMs(offset),
      limit: this.#integer(fields.get('limit')),
      labels: this.#texts(fields.get('labels')),
      rules: this.#list(fields.get('rules'), 'rulefmt.Rule').map((item) => this.#rule(item)),
    }
  }

  #rule(node: YamlNode): RuleNode {
    const fields = this.#fields(node, 'rulefmt.Rule', [
      'record',
      'alert',
      'expr',
      'for',
      'keep_firing_for',
      'labels',
      'annotations',
    ])
    return {
      record: this.#text(fields.get('record')),
      alert: this.#text(fields.get('alert')),
      expr: this.#text(fields.get('expr')),
      forMs: this.#durationMs(fields.get('for')),
      keepFiringForMs: this.#durationMs(fields.get('keep_firing_for')),
      labels: this.#texts(fields.get('labels')),
      annotations: this.#texts(fields.get('annotations')),
    }
  }

  /** Values by key; null counts as absent. */
  #fields(node: YamlNode, type: string, known: readonly string[]): ReadonlyMap<string, YamlNode> {
    const found = new Map<string, YamlNode>()
    const seen = new Set<string>()
    for (const { key, value } of this.#entries(node, type)) {
      if (!known.includes(key.text)) {
        const words = `line ${key.line}: field ${key.text} not found in type ${type}`
        if (!this.#ignoresUnknown) this.#faults.push({ line: key.line, words, isUnknown: true })
        continue
      }
      if (seen.has(key.text)) {
        this.#fault(key.line, `mapping key ${JSON.stringify(key.text)} already defined`)
      }
      seen.add(key.text)
      if (!isNull(value)) found.set(key.text, value)
    }
    return found
  }

  #entries(node: YamlNode, type: string): YamlMap['entries'] {
    if (node.kind === 'map') return node.entries
    if (!isNull(node)) this.#mismatch(node, type)
    return []
  }

  #list(node: YamlNode | undefined, type: string): readonly YamlNode[] {
    if (node === undefined) return []
    if (node.kind === 'list') return node.items
    this.#mismatch(node, `[]${type}`)
    return []
  }

  #text(node: YamlNode | undefined): PlacedText {
    if (node === undefined) return nowhere
    if (node.kind === 'scalar') return { text: node.text, ...node.start }
    this.#mismatch(node, 'string')
    return nowhere
  }

  #texts(node: YamlNode | undefined): ReadonlyMap<string, string> {
    if (node === undefined) return noTexts
    const texts = new Map<string, string>()
    for (const { key, value } of this.#entries(node, 'map[string]string')) {
      if (texts.has(key.text)) {
        this.#fault(key.line, `mapping key ${JSON.stringify(key.text)} already defined`)
      }
      texts.set(key.text, isNull(value) ? '' : this.#text(value).text)
    }
    return texts
  }

  #integer(node: YamlNode | undefined): number {
    if (node === undefined) return 0
    const text = node.kind === 'scalar' && node.plain ? node.text.replaceAll('_', '') : ''
    const value = /^[-+]?\d+$/.test(text) ? Number(text) : Number.NaN
    if (Number.isSafeInteger(value)) return value
    this.#mismatch(node, 'int')
    return 0
  }

  /** Throws ConfigProblem: what is no duration ends upstream's decoding. */
  #durationMs(node: YamlNode | undefined): number {
    if (node === undefined) return 0
    const { text, line } = this.#text(node)
    try {
      return parseDurationMs(text)
    } catch (thrown) {
      if (!(thrown instanceof DurationError)) throw thrown
      throw new ConfigProblem(thrown.message, { line, path: '' })
    }
  }

  #mismatch(node: YamlNode, wanted: string): void {
    if (node.kind !== 'scalar') {
      const tag = node.kind === 'map' ? '!!map' : '!!seq'
      this.#fault(node.line, `cannot unmarshal ${tag} into ${wanted}`)
      return
    }
    const shown = node.text.length > 10 ? `${node.text.slice(0, 7)}...` : node.text
    const tag = node.plain && /^[-+]?\d+$/.test(node.text) ? '!!int' : '!!str'
    this.#fault(node.line, `cannot unmarshal ${tag} \`${shown}\` into ${wanted}`)
  }

  #fault(line: number, words: string): void {
    this.#faults.push({ line, words: `line ${line}: ${words}`, isUnknown: false })
  }
}
