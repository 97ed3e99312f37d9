import { isUtf8 } from 'node:buffer'
import {
  COLLECTION_STYLE,
  EVENT_ID,
  type Event,
  getScalarValue,
  type MappingEvent,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  YAMLException,
} from 'js-yaml'
import { limits } from '../base/limits.ts'
import { ConfigProblem } from './problem.ts'
import { type MappingPart, mergedEntries, mergedMaps, type YamlMerging } from './yaml-merge.ts'
import { tagFault } from './yaml-tag.ts'
import { WrittenKeys } from './yaml-written-keys.ts'

/**
 * A YAML document as it was written: scalars keep their text, so that the reader of a field decides
 * what it means, as Go's decoder does (`regex: 1` is text, `modulus: 1` a number). Lines from 1.
 */
export type YamlNode = YamlScalar | YamlList | YamlMap

export interface YamlScalar {
  readonly kind: 'scalar'
  readonly line: number
  /** Where it starts, as upstream counts: from 1, at the quote or the sign of a block. */
  readonly start: { readonly line: number; readonly column: number }
  readonly text: string
  /** May be null, a boolean or a number: unquoted and untagged, or tagged as one of these. */
  readonly plain: boolean
  /** As it is written, such as !!int; absent where none is. */
  readonly tag?: string
  /** The bytes of a !!binary that are no UTF-8; `text` then has replacement characters. */
  readonly invalidBytes?: Uint8Array
}

export interface YamlList {
  readonly kind: 'list'
  readonly line: number
  readonly items: readonly YamlNode[]
}

export interface YamlMap {
  readonly kind: 'map'
  readonly line: number
  /** Duplicates are the reader's to report, merge keys are applied. */
  readonly entries: readonly YamlEntry[]
  /** Keys that are written the same: an alias is its name, and differs from what it stands for. */
  readonly duplicates: readonly DuplicateKey[]
}

export interface DuplicateKey {
  readonly text: string
  readonly line: number
  readonly firstLine: number
}

export interface YamlEntry {
  readonly key: YamlScalar
  readonly value: YamlNode
  /** Differs between the mappings that were merged; 0 is the one that they were merged into. */
  readonly owner: number
}

/** Go's decoder looks at the text of such a scalar as at one without a tag. */
const resolvedTags: ReadonlySet<string> = new Set([
  '!!null',
  '!!bool',
  '!!int',
  '!!float',
  '!!timestamp',
])

export function isNull(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.plain && /^(?:~|null|Null|NULL|)$/.test(node.text)
}

/**
 * The single document of a text, or undefined when it is empty. Throws ConfigProblem for text that
 * is no YAML, and over the limits of depth and of nodes (aliases count as often as they are used).
 */
export function parseYaml(text: string): YamlNode | undefined {
  return parseYamlDocument(text, 'in-order').node
}

/** The same, and whether there are further documents, which are not read. */
export function parseYamlDocument(
  text: string,
  merging: YamlMerging,
): {
  readonly node: YamlNode | undefined
  readonly isAlone: boolean
} {
  const events = eventsOf(text)
  const isAlone = events.filter(({ type }) => type === EVENT_ID.DOCUMENT).length <= 1
  return { node: new Composer(text, events, merging).document(), isAlone }
}

function eventsOf(text: string): readonly Event[] {
  try {
    return parseEvents(text, { maxDepth: limits.configDepthMax })
  } catch (thrown) {
    if (!(thrown instanceof YAMLException)) throw thrown
    const line = (thrown.mark?.line ?? 0) + 1
    throw new ConfigProblem(`yaml: line ${line}: ${thrown.reason}`, { line, path: '' })
  }
}

class Composer {
  readonly #text: string
  readonly #events: readonly Event[]
  readonly #merging: YamlMerging
  readonly #lineStarts: readonly number[]
  readonly #anchors = new Map<string, { node: YamlNode; size: number }>()
  #next = 0
  #nodes = 0
  /** Where the last scalar or alias that has characters ended. */
  #scalarEnd = 0

  constructor(text: string, events: readonly Event[], merging: YamlMerging) {
    this.#text = text
    this.#events = events
    this.#merging = merging
    this.#lineStarts = [...text.matchAll(/\n/g)].map((match) => match.index + 1)
  }

  document(): YamlNode | undefined {
    const first = this.#take()
    if (first === undefined) return undefined
    const event = this.#take()
    if (event === undefined || event.type === EVENT_ID.POP) return undefined
    const node = this.#node(event)
    this.#take()
    // Go's decoder reads the first document and ignores what follows.
    return node
  }

  #take(): Event | undefined {
    return this.#events[this.#next++]
  }

  #node(event: Event): YamlNode {
    this.#count(1, this.#placeOf(event))
    const before = this.#nodes
    if (event.type === EVENT_ID.ALIAS) return this.#alias(event.anchorStart, event.anchorEnd)
    const node = this.#content(event)
    if ('anchorStart' in event && event.anchorStart >= 0) {
      const name = this.#text.slice(event.anchorStart, event.anchorEnd)
      this.#anchors.set(name, { node, size: this.#nodes - before + 1 })
    }
    return node
  }

  #content(event: Event): YamlNode {
    switch (event.type) {
      case EVENT_ID.SCALAR:
        return this.#scalar(event)
      case EVENT_ID.SEQUENCE:
        return { kind: 'list', line: this.#lineAt(event.start), items: this.#items() }
      case EVENT_ID.MAPPING:
        return this.#map(event)
      default:
        throw new ConfigProblem('yaml: unexpected document', undefined)
    }
  }

  #items(): readonly YamlNode[] {
    const items: YamlNode[] = []
    for (let event = this.#take(); event && event.type !== EVENT_ID.POP; event = this.#take()) {
      items.push(this.#node(event))
    }
    return items
  }

  #map(map: MappingEvent): YamlMap {
    const parts: MappingPart[] = []
    const written = new WrittenKeys()
    for (let event = this.#take(); event && event.type !== EVENT_ID.POP; event = this.#take()) {
      const before = this.#scalarEnd
      const key = this.#node(event)
      const valueEvent = this.#take()
      if (valueEvent === undefined) break
      if (isAbsent(event)) this.#checkAbsentKey(map, before, valueEvent)
      const value = this.#node(valueEvent)
      if (key.kind !== 'scalar') {
        throw new ConfigProblem(`yaml: line ${key.line}: invalid map key`, {
          line: key.line,
          path: '',
        })
      }
      written.add(event.type, this.#writtenText(event), key.start.line)
      const isMerge = event.type !== EVENT_ID.ALIAS && key.plain && key.text === '<<'
      parts.push(isMerge ? mergedMaps(value) : { key, value, owner: 0 })
    }
    const merged = parts.flatMap((part) => ('key' in part ? [] : part))
    const duplicates = [...written.duplicates(), ...merged.flatMap((each) => each.duplicates)]
    const entries = mergedEntries(parts, this.#merging)
    return { kind: 'map', line: this.#lineAt(map.start), entries, duplicates }
  }

  /** Of a key: the name of an alias, the text of a scalar before anything is made of it. */
  #writtenText(event: Event): string {
    if (event.type === EVENT_ID.ALIAS) return this.#text.slice(event.anchorStart, event.anchorEnd)
    return event.type === EVENT_ID.SCALAR ? getScalarValue(this.#text, event) : ''
  }

  /** Go's parser takes a colon without a key behind a question mark only. */
  #checkAbsentKey(map: MappingEvent, from: number, value: Event): void {
    const colon = this.#text.indexOf(':', from)
    const end = 'start' in value ? value.start : 'valueStart' in value ? value.valueStart : -1
    if (/(?:^|[\s,{[])\?\s/.test(this.#text.slice(from, Math.max(end, colon + 1)))) return
    const isFlow = map.style === COLLECTION_STYLE.FLOW
    // Upstream counts these lines from 0, and tells none of the first.
    const line = this.#lineAt(map.start) - 1 || this.#lineAt(colon) - 1
    const what = isFlow ? 'node content' : 'key'
    const place = line > 0 ? `line ${line}: ` : ''
    throw new ConfigProblem(`yaml: ${place}did not find expected ${what}`, { line, path: '' })
  }

  #scalar(event: ScalarEvent): YamlScalar {
    const text = getScalarValue(this.#text, event)
    const start = this.#startOf(event)
    const { line } = start
    if (event.valueEnd >= 0) this.#scalarEnd = event.valueEnd
    const tag = event.tagStart < 0 ? '' : this.#text.slice(event.tagStart, event.tagEnd)
    if (tag === '!!binary') return binaryScalar(text, line, start)
    const plain = tag === '' ? event.style === SCALAR_STYLE.PLAIN : resolvedTags.has(tag)
    const scalar = { kind: 'scalar', line, start, text, plain } as const
    if (tag === '') return scalar
    const tagged = { ...scalar, tag }
    const fault = tagFault(tagged)
    if (fault !== undefined) throw new ConfigProblem(`yaml: ${fault}`, { line, path: '' })
    return tagged
  }

  #startOf({ style, valueStart, anchorStart, tagStart }: ScalarEvent): YamlScalar['start'] {
    // A value that is not there stands right behind the colon of its key.
    let offset = valueStart < 0 ? this.#text.indexOf(':', this.#scalarEnd) + 1 : valueStart
    if (style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED) offset--
    else if (style !== SCALAR_STYLE.PLAIN) {
      const head = this.#text.slice(0, valueStart)
      offset = /[|>][-+0-9]*[ \t]*(?:#[^\n]*)?\r?\n\s*$/.exec(head.slice(-2_000))?.index ?? -1
      offset = offset < 0 ? valueStart : offset + Math.max(0, head.length - 2_000)
    }
    // An anchor and a tag belong to the value.
    if (anchorStart >= 0) offset = Math.min(offset, anchorStart - 1)
    return this.#placeAt(tagStart >= 0 ? Math.min(offset, tagStart) : offset)
  }

  #placeAt(offset: number): YamlScalar['start'] {
    const lineStart = this.#text.lastIndexOf('\n', offset - 1) + 1
    return { line: this.#lineAt(offset), column: offset - lineStart + 1 }
  }

  #alias(start: number, end: number): YamlNode {
    const name = this.#text.slice(start, end)
    const found = this.#anchors.get(name)
    const place = { line: this.#lineAt(start), path: '' }
    if (found === undefined)
      throw new ConfigProblem(`yaml: unknown anchor '${name}' referenced`, place)
    this.#count(found.size, place)
    this.#scalarEnd = end
    // Faults are told where the value stands, its own place is that of the alias.
    const { node } = found
    return node.kind === 'scalar' ? { ...node, start: this.#placeAt(start - 1) } : node
  }

  #count(nodes: number, place: { line: number; path: string }): void {
    this.#nodes += nodes
    if (this.#nodes > limits.configNodesMax) {
      throw new ConfigProblem(
        `yaml: document has more than ${limits.configNodesMax} values (aliases count as often as they are used)`,
        place,
      )
    }
  }

  #placeOf(event: Event): { line: number; path: string } {
    const offset = 'start' in event ? event.start : 'valueStart' in event ? event.valueStart : 0
    return { line: this.#lineAt(offset), path: '' }
  }

  #lineAt(offset: number): number {
    let low = 0
    let high = this.#lineStarts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle + 1
      else high = middle
    }
    return low + 1
  }
}

/** A scalar of which nothing is written. */
function isAbsent(event: Event): boolean {
  if (event.type !== EVENT_ID.SCALAR || event.style !== SCALAR_STYLE.PLAIN) return false
  return event.valueStart < 0 && event.tagStart < 0 && event.anchorStart < 0
}

function binaryScalar(text: string, line: number, start: YamlScalar['start']): YamlScalar {
  const compact = text.replace(/\s/g, '')
  if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) {
    throw new ConfigProblem('yaml: !!binary value contains invalid base64 data', { line, path: '' })
  }
  const bytes = Buffer.from(compact, 'base64')
  const scalar = {
    kind: 'scalar',
    line,
    start,
    text: bytes.toString('utf8'),
    plain: false,
    tag: '!!binary',
  } as const
  return isUtf8(bytes) ? scalar : { ...scalar, invalidBytes: bytes }
}
