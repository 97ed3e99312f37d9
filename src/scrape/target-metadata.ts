import type { MetricMetadata } from '../storage/metadata.ts'
import { type EntryKind, entryKind, type FamilyEntry } from './exposition.ts'

/**
 * Type, help and unit of a target's families (row S4.7). It learns from new lines only; a family
 * goes when the page has no line of it any more.
 */
export class TargetMetadata {
  readonly #slots = new Map<string, number>()
  /** By slot, from 1 on; undefined where free. */
  readonly #families: (Family | undefined)[] = [undefined]
  readonly #free: number[] = []
  #textBytes = 0
  readonly #intern: (metadata: MetricMetadata) => MetricMetadata

  /** `intern` answers one object for equal metadata: targets of a job tell the same. */
  constructor(intern: (metadata: MetricMetadata) => MetricMetadata) {
    this.#intern = intern
  }

  /** Families that are known. */
  get count(): number {
    return this.#slots.size
  }

  /** Of what is known of them, names aside. */
  get textBytes(): number {
    return this.#textBytes
  }

  /** Takes a new line in; answers the slot that forget() wants, 0 for a line that tells nothing. */
  learn(kind: EntryKind, parser: FamilyEntry): number {
    if (kind === entryKind.comment) return 0
    const name = parser.familyName()
    const known = this.#slots.get(name)
    const before = (known === undefined ? undefined : this.#families[known]?.metadata) ?? blank
    // Throws where the text is not valid: then nothing is kept of the family.
    const metadata = this.#intern(changed(before, kind, parser))
    const slot = known ?? this.#add(name)
    const family = this.#families[slot]
    if (family === undefined) return 0
    family.metadata = metadata
    this.#textBytes += textBytesOf(family.metadata) - textBytesOf(before)
    family.lines++
    return slot
  }

  /** What is known of the family of a line that told something. */
  of(slot: number): { readonly name: string; readonly metadata: MetricMetadata } | undefined {
    return this.#families[slot]
  }

  /** A line has left the page; the family goes with its last one. */
  forget(slot: number): void {
    const family = this.#families[slot]
    if (family === undefined || --family.lines > 0) return
    this.#slots.delete(family.name)
    this.#textBytes -= textBytesOf(family.metadata)
    this.#families[slot] = undefined
    this.#free.push(slot)
  }

  /** False as soon as `visit` answers false. */
  each(visit: (family: string, metadata: MetricMetadata) => boolean): boolean {
    for (const family of this.#families) {
      if (family !== undefined && !visit(family.name, family.metadata)) return false
    }
    return true
  }

  #add(name: string): number {
    const slot = this.#free.pop() ?? this.#families.length
    this.#families[slot] = { name, metadata: blank, lines: 0 }
    this.#textBytes += textBytesOf(blank)
    this.#slots.set(name, slot)
    return slot
  }
}

interface Family {
  readonly name: string
  metadata: MetricMetadata
  /** Lines of the page that tell about it. */
  lines: number
}

const blank: MetricMetadata = { type: 'unknown', help: '', unit: '' }

function textBytesOf({ type, help, unit }: MetricMetadata): number {
  return Buffer.byteLength(type) + Buffer.byteLength(help) + Buffer.byteLength(unit)
}

function changed(metadata: MetricMetadata, kind: EntryKind, parser: FamilyEntry): MetricMetadata {
  if (kind === entryKind.type) return { ...metadata, type: parser.metricType }
  if (kind === entryKind.help) return { ...metadata, help: parser.entryText() }
  return { ...metadata, unit: parser.entryText() }
}

/** Equal metadata as one object; forgets all once there are too many to be worth it. */
export class MetadataPool {
  readonly #known = new Map<string, MetricMetadata>()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  readonly intern = (metadata: MetricMetadata): MetricMetadata => {
    const key = `${metadata.type}\n${metadata.unit}\n${metadata.help}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    if (this.#known.size >= this.#max) this.#known.clear()
    this.#known.set(key, metadata)
    return metadata
  }
}
