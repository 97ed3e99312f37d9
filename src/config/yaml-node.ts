import { isUtf8 } from 'node:buffer'
import {
  EVENT_ID,
  type Event,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  YAMLException,
} from 'js-yaml'
import { limits } from '../base/limits.ts'
import { ConfigProblem } from './problem.ts'

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
  /** In the order of the file; duplicates are the reader's to report, merge keys are applied. */
  readonly entries: readonly YamlEntry[]
}

export interface YamlEntry {
  readonly key: YamlScalar
  readonly value: YamlNode
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
  return parseYamlDocument(text).node
}

/** The same, and whether there are further documents, which are not read. */
export function parseYamlDocument(text: string): {
  readonly node: YamlNode | undefined
  readonly isAlone: boolean
} {
  const events = eventsOf(text)
  const isAlone = events.filter(({ type }) => type === EVENT_ID.DOCUMENT).length <= 1
  return { node: new Composer(text, events).document(), isAlone }
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
  readonly #lineStarts: readonly number[]
  readonly #anchors = new Map<string, { node: YamlNode; size: number }>()
  #next = 0
  #nodes = 0
  /** Where the last scalar that has characters ended. */
  #scalarEnd = 0

  constructor(text: string, events: readonly Event[]) {
    this.#text = text
    this.#events = events
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
        return { kind: 'map', line: this.#lineAt(event.start), entries: this.#entries() }
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

  #entries(): readonly YamlEntry[] {
    const entries: YamlEntry[] = []
    const merged: YamlEntry[] = []
    for (let event = this.#take(); event && event.type !== EVENT_ID.POP; event = this.#take()) {
      const key = this.#node(event)
      const valueEvent = this.#take()
      if (valueEvent === undefined) break
      const value = this.#node(valueEvent)
      if (key.kind !== 'scalar') {
        throw new ConfigProblem(`yaml: line ${key.line}: invalid map key`, {
          line: key.line,
          path: '',
        })
      }
      if (key.plain && key.text === '<<') merged.push(...mergedEntries(value))
      else entries.push({ key, value })
    }
    const own = new Set(entries.map(({ key }) => key.text))
    for (const entry of merged) {
      if (own.has(entry.key.text)) continue
      own.add(entry.key.text)
      entries.push(entry)
    }
    return entries
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
    return tag === '' ? scalar : { ...scalar, tag }
  }

  #startOf({ style, valueStart }: ScalarEvent): YamlScalar['start'] {
    // A value that is not there stands right behind the colon of its key.
    let offset = valueStart < 0 ? this.#text.indexOf(':', this.#scalarEnd) + 1 : valueStart
    if (style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED) offset--
    else if (style !== SCALAR_STYLE.PLAIN) {
      const head = this.#text.slice(0, valueStart)
      offset = /[|>][-+0-9]*[ \t]*(?:#[^\n]*)?\r?\n\s*$/.exec(head.slice(-2_000))?.index ?? -1
      offset = offset < 0 ? valueStart : offset + Math.max(0, head.length - 2_000)
    }
    const line = this.#lineAt(offset)
    const lineStart = this.#text.lastIndexOf('\n', offset - 1) + 1
    return { line, column: offset - lineStart + 1 }
  }

  #alias(start: number, end: number): YamlNode {
    const name = this.#text.slice(start, end)
    const found = this.#anchors.get(name)
    const place = { line: this.#lineAt(start), path: '' }
    if (found === undefined)
      throw new ConfigProblem(`yaml: unknown anchor '${name}' referenced`, place)
    this.#count(found.size, place)
    return found.node
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

function mergedEntries(value: YamlNode): readonly YamlEntry[] {
  if (value.kind === 'map') return value.entries
  if (value.kind === 'list' && value.items.every((item) => item.kind === 'map')) {
    return value.items.flatMap((item) => (item.kind === 'map' ? item.entries : []))
  }
  throw new ConfigProblem('yaml: map merge requires map or sequence of maps as the value', {
    line: value.line,
    path: '',
  })
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
