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
   * Of a key that comes to the same as one before; `type` is undefined in maps that may have any key,
   * where it may be none.
   */
  readonly duplicate: (key: string, type: string | undefined) => string | undefined
  /** Whether a mapping with a key twice is not looked at any further, nor keys and items that are null. */
  readonly isNewer: boolean
  /** What it calls a boolean where it tells what a value is. */
  readonly booleans: RegExp
}

/** A key, and of which type of struct it is a field; undefined in a map. */
interface PlacedKey {
  readonly name: string
  readonly line: number
  readonly type: string | undefined
  readonly owner: number
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
    for (const { key, value, owner } of this.#entries(node, type)) {
      const { line } = key.start
      const name = keyText(key)
      if (!known.includes(name)) {
        const words = `line ${line}: field ${name} not found in type ${type}`
        if (!this.#dialect.ignoresUnknown)
          this.#faults.push({ line, words, isUnknown: true, isOfPlaced: false })
        continue
      }
      this.#noteDuplicate({ name, line, type, owner }, seen)
      found.set(name, value)
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

  #hasDuplicates({ duplicates }: YamlMap): boolean {
    for (const { text, line, firstLine } of duplicates) {
      const words = `mapping key ${JSON.stringify(text)} already defined at line ${firstLine}`
      this.#fault(line, words)
    }
    return duplicates.length > 0
  }

  #noteDuplicate({ name, line, type, owner }: PlacedKey, seen: Set<string>): void {
    // Fields of a struct may come again with a mapping that is merged, those of a map may not.
    const place = type === undefined ? name : `${owner} ${name}`
    if (seen.has(place)) {
      const words = this.#dialect.duplicate(name, type)
      if (words !== undefined) this.#fault(line, words)
    }
    seen.add(place)
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
    for (const { key, value, owner } of this.#entries(node, 'map[string]string')) {
      const name = keyText(key)
      this.#noteDuplicate({ name, line: key.start.line, type: undefined, owner }, seen)
      texts.set(name, this.text(value).text)
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

/** As Go's decoder has it where a text is wanted. */
function keyText(key: YamlScalar): string {
  return isNull(key) ? '' : key.text
}
