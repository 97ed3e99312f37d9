import { DurationError, parseDurationMs } from '../model/duration.ts'
import { ConfigProblem } from './problem.ts'
import { mismatchWords } from './yaml-mismatch.ts'
import { isNull, type YamlMap, type YamlNode, type YamlScalar } from './yaml-node.ts'
import { yamlFloat, yamlInteger } from './yaml-number.ts'

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
  /** It is about the type of a text that has a place. */
  readonly isOfPlaced: boolean
}

/** How the decoder of a kind of file talks; upstream has two of different age. */
interface Dialect {
  readonly ignoresUnknown: boolean
  /**
   * `type` is undefined in maps that may have any key; `key` is quoted; `firstLine` is where one of
   * the same name stood before.
   */
  readonly duplicate: (key: string, type: string | undefined, firstLine: number) => string
  /** Whether a mapping with a key twice is not looked at any further, nor keys and items that are null. */
  readonly isNewer: boolean
  /** What it calls a boolean where it tells what a value is. */
  readonly booleans: RegExp
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

  /** Values by key, nulls among them. */
  protected fields(
    node: YamlNode,
    type: string,
    known: readonly string[],
  ): ReadonlyMap<string, YamlNode> {
    const found = new Map<string, YamlNode>()
    const seen = new Set<string>()
    for (const { key, value } of this.#entries(node, type)) {
      if (!known.includes(key.text)) {
        const words = `line ${key.line}: field ${key.text} not found in type ${type}`
        if (!this.#dialect.ignoresUnknown)
          this.#faults.push({ line: key.line, words, isUnknown: true, isOfPlaced: false })
        continue
      }
      this.#noteDuplicate(key, type, seen)
      found.set(key.text, value)
    }
    return found
  }

  #entries(node: YamlNode, type: string): YamlMap['entries'] {
    if (node.kind !== 'map') {
      if (!isNull(node)) this.#mismatch(node, type)
      return []
    }
    if (!this.#dialect.isNewer) return node.entries
    if (this.#hasDuplicates(node)) return []
    return node.entries.filter(({ key }) => !isNull(key))
  }

  /** Tells every pair of equal keys. */
  #hasDuplicates({ entries }: YamlMap): boolean {
    const before = this.#faults.length
    const linesOf = new Map<string, number[]>()
    for (const { key } of entries) {
      const lines = linesOf.get(key.text)
      if (lines === undefined) linesOf.set(key.text, [key.line])
      else lines.push(key.line)
    }
    for (const [key, lines] of linesOf) {
      for (const [index, first] of lines.entries()) {
        for (const line of lines.slice(index + 1)) {
          this.#fault(line, this.#dialect.duplicate(JSON.stringify(key), undefined, first))
        }
      }
    }
    return this.#faults.length > before
  }

  #noteDuplicate({ text, line }: YamlScalar, type: string | undefined, seen: Set<string>): void {
    if (seen.has(text)) {
      this.#fault(line, this.#dialect.duplicate(JSON.stringify(text), type, line))
    }
    seen.add(text)
  }

  protected list(node: YamlNode | undefined, type: string): readonly YamlNode[] {
    if (node === undefined || isNull(node)) return []
    if (node.kind === 'list') {
      return this.#dialect.isNewer ? node.items.filter((item) => !isNull(item)) : node.items
    }
    this.#mismatch(node, `[]${type}`)
    return []
  }

  protected text(node: YamlNode | undefined): PlacedText {
    return this.#text(node, false)
  }

  /** The same of one that upstream takes as it is when it decodes for places. */
  protected placedText(node: YamlNode | undefined): PlacedText {
    return this.#text(node, true)
  }

  #text(node: YamlNode | undefined, isOfPlaced: boolean): PlacedText {
    if (node === undefined) return nowhere
    if (node.kind === 'scalar') return { text: isNull(node) ? '' : node.text, ...node.start }
    this.#mismatch(node, 'string', isOfPlaced)
    return nowhere
  }

  protected texts(node: YamlNode | undefined): ReadonlyMap<string, string> {
    if (node === undefined) return noTexts
    const texts = new Map<string, string>()
    const seen = new Set<string>()
    for (const { key, value } of this.#entries(node, 'map[string]string')) {
      this.#noteDuplicate(key, undefined, seen)
      texts.set(key.text, this.text(value).text)
    }
    return texts
  }

  protected integer(node: YamlNode | undefined): number {
    if (node === undefined || isNull(node)) return 0
    const value = yamlInteger(node)
    if (value !== undefined && value < 2 ** 63 && value >= -(2 ** 63)) return value
    this.#mismatch(node, 'int')
    return 0
  }

  /** Throws ConfigProblem: what is no duration ends upstream's decoding. */
  protected durationMs(node: YamlNode | undefined): number {
    if (node === undefined || isNull(node)) return 0
    const { text, line } = this.text(node)
    if (node.kind !== 'scalar') return 0
    try {
      return parseDurationMs(text)
    } catch (thrown) {
      if (!(thrown instanceof DurationError)) throw thrown
      throw new ConfigProblem(thrown.message, { line, path: '' })
    }
  }

  protected float(node: YamlNode | undefined): number {
    if (node === undefined || isNull(node)) return 0
    const value = yamlFloat(node)
    if (value !== undefined) return value
    this.#mismatch(node, 'float64')
    return 0
  }

  protected boolean(node: YamlNode | undefined): boolean {
    if (node === undefined || isNull(node)) return false
    const text = node.kind === 'scalar' && node.plain ? node.text : ''
    if (/^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/.test(text)) return true
    if (/^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/.test(text)) return false
    this.#mismatch(node, 'bool')
    return false
  }

  #mismatch(node: YamlNode, wanted: string, isOfPlaced = false): void {
    if (node.kind === 'map' && this.#dialect.isNewer && this.#hasDuplicates(node)) return
    this.#fault(node.line, mismatchWords(node, wanted, this.#dialect.booleans), isOfPlaced)
  }

  #fault(line: number, words: string, isOfPlaced = false): void {
    this.#faults.push({ line, words: `line ${line}: ${words}`, isUnknown: false, isOfPlaced })
  }
}
