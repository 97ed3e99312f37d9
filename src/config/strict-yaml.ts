import { DurationError, parseDurationMs } from '../model/duration.ts'
import { ConfigProblem } from './problem.ts'
import { isNull, type YamlMap, type YamlNode } from './yaml-node.ts'

/** A text and where it stands; line and column 0 where it is absent. */
export interface PlacedText {
  readonly text: string
  readonly line: number
  readonly column: number
}

interface Fault {
  readonly line: number
  readonly words: string
  /** It is about a field that there is not. */
  readonly isUnknown: boolean
}

/** How the decoder of a kind of file talks; upstream has two of different age. */
interface Dialect {
  readonly ignoresUnknown: boolean
  /**
   * `type` is undefined in maps that may have any key; `key` is quoted; `firstLine` is where it
   * stood first.
   */
  readonly duplicate: (key: string, type: string | undefined, firstLine: number) => string
}

const nowhere: PlacedText = { text: '', line: 0, column: 0 }
const noTexts: ReadonlyMap<string, string> = new Map()

/**
 * Reads fields as Go's strict decoding does: it goes on after a fault, and tells all of them in Go's
 * words. A duration that is none ends it: ConfigProblem.
 */
export abstract class StrictYamlReader {
  readonly #dialect: Dialect
  readonly #faults: Fault[] = []

  constructor(dialect: Dialect) {
    this.#dialect = dialect
  }

  /** The faults that are wanted, by line, as one error; none where there are none. */
  protected framed(isWanted: (fault: Fault) => boolean): readonly string[] {
    const found = [...this.#faults].sort((a, b) => a.line - b.line).filter(isWanted)
    if (found.length === 0) return []
    return [`yaml: unmarshal errors:\n${found.map(({ words }) => `  ${words}`).join('\n')}`]
  }

  /** Values by key; null counts as absent. */
  protected fields(
    node: YamlNode,
    type: string,
    known: readonly string[],
  ): ReadonlyMap<string, YamlNode> {
    const found = new Map<string, YamlNode>()
    const seen = new Map<string, number>()
    for (const { key, value } of this.#entries(node, type)) {
      if (!known.includes(key.text)) {
        const words = `line ${key.line}: field ${key.text} not found in type ${type}`
        if (!this.#dialect.ignoresUnknown)
          this.#faults.push({ line: key.line, words, isUnknown: true })
        continue
      }
      const first = seen.get(key.text)
      if (first === undefined) seen.set(key.text, key.line)
      else this.#fault(key.line, this.#dialect.duplicate(JSON.stringify(key.text), type, first))
      if (!isNull(value)) found.set(key.text, value)
    }
    return found
  }

  #entries(node: YamlNode, type: string): YamlMap['entries'] {
    if (node.kind === 'map') return node.entries
    if (!isNull(node)) this.#mismatch(node, type)
    return []
  }

  protected list(node: YamlNode | undefined, type: string): readonly YamlNode[] {
    if (node === undefined) return []
    if (node.kind === 'list') return node.items
    this.#mismatch(node, `[]${type}`)
    return []
  }

  protected text(node: YamlNode | undefined): PlacedText {
    if (node === undefined) return nowhere
    if (node.kind === 'scalar') return { text: node.text, ...node.start }
    this.#mismatch(node, 'string')
    return nowhere
  }

  protected texts(node: YamlNode | undefined): ReadonlyMap<string, string> {
    if (node === undefined) return noTexts
    const texts = new Map<string, string>()
    const seen = new Map<string, number>()
    for (const { key, value } of this.#entries(node, 'map[string]string')) {
      const first = seen.get(key.text)
      if (first === undefined) seen.set(key.text, key.line)
      else {
        const words = this.#dialect.duplicate(JSON.stringify(key.text), undefined, first)
        this.#fault(key.line, words)
      }
      texts.set(key.text, isNull(value) ? '' : this.text(value).text)
    }
    return texts
  }

  protected integer(node: YamlNode | undefined): number {
    if (node === undefined) return 0
    const text = node.kind === 'scalar' && node.plain ? node.text.replaceAll('_', '') : ''
    const value = /^[-+]?\d+$/.test(text) ? Number(text) : Number.NaN
    if (Number.isSafeInteger(value)) return value
    this.#mismatch(node, 'int')
    return 0
  }

  /** Throws ConfigProblem: what is no duration ends upstream's decoding. */
  protected durationMs(node: YamlNode | undefined): number {
    if (node === undefined) return 0
    const { text, line } = this.text(node)
    if (node.kind !== 'scalar') return 0
    try {
      return parseDurationMs(text)
    } catch (thrown) {
      if (!(thrown instanceof DurationError)) throw thrown
      throw new ConfigProblem(thrown.message, { line, path: '' })
    }
  }

  /** YAML's floats: .inf and .nan, and whole numbers of other bases. */
  protected float(node: YamlNode | undefined): number {
    if (node === undefined) return 0
    const text = node.kind === 'scalar' && node.plain ? node.text.replaceAll('_', '') : ''
    const special = /^([-+]?)\.(?:inf|Inf|INF)$/.exec(text)
    if (special !== null) return special[1] === '-' ? -Infinity : Infinity
    if (/^\.(?:nan|NaN|NAN)$/.test(text)) return Number.NaN
    const [, sign = '', digits = ''] =
      /^([-+]?)(0x[\da-fA-F]+|0b[01]+|0o[0-7]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)$/.exec(text) ??
      []
    if (digits !== '') return sign === '-' ? -Number(digits) : Number(digits)
    this.#mismatch(node, 'float64')
    return 0
  }

  protected boolean(node: YamlNode | undefined): boolean {
    if (node === undefined) return false
    const text = node.kind === 'scalar' && node.plain ? node.text : ''
    if (/^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/.test(text)) return true
    if (/^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/.test(text)) return false
    this.#mismatch(node, 'bool')
    return false
  }

  #mismatch(node: YamlNode, wanted: string): void {
    if (node.kind !== 'scalar') {
      const tag = node.kind === 'map' ? '!!map' : '!!seq'
      this.#fault(node.line, `cannot unmarshal ${tag} into ${wanted}`)
      return
    }
    const shown = node.text.length > 10 ? `${node.text.slice(0, 7)}...` : node.text
    const tag = node.plain ? tagOf(node.text) : '!!str'
    this.#fault(node.line, `cannot unmarshal ${tag} \`${shown}\` into ${wanted}`)
  }

  #fault(line: number, words: string): void {
    this.#faults.push({ line, words: `line ${line}: ${words}`, isUnknown: false })
  }
}

/** What Go's decoder takes a plain scalar for. */
function tagOf(text: string): string {
  if (/^[-+]?\d+$/.test(text)) return '!!int'
  if (/^[-+]?(?:\d+\.\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text)) return '!!float'
  return /^(?:true|True|TRUE|false|False|FALSE)$/.test(text) ? '!!bool' : '!!str'
}
