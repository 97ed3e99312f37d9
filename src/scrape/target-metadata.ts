import { limits } from '../base/limits.ts'
import type { MetricMetadata } from '../storage/metadata.ts'
import { type EntryKind, entryKind, type FamilyEntry } from './exposition.ts'

/** A family and what is told of it: one object for all targets that tell the same. */
export interface Family {
  readonly name: string
  readonly metadata: MetricMetadata
}

/**
 * Type, help and unit of a target's families (row S4.7). It learns from new lines only; a family
 * goes ten pages after the last one that had a line of it. Between pages it keeps twelve bytes a
 * family: names are looked up while lines are learnt only. Protocol: settle() behind each page.
 */
export class TargetMetadata {
  /** By name; made where a line is learnt, gone with settle(). */
  #slots: Map<string, number> | undefined
  /** By slot, from 1 on; undefined where free. */
  readonly #families: (Family | undefined)[] = [undefined]
  /** By slot: lines of the page that tell about it. */
  #lines = new Uint32Array(linesMin)
  readonly #free: number[] = []
  /** Slots of families without a line, and the last page that had one. */
  readonly #departed = new Map<number, number>()
  #pages = 0
  #count = 0
  #textBytes = 0
  readonly #intern: InternFamily

  constructor(intern: InternFamily) {
    this.#intern = intern
  }

  /** Families that are known. */
  get count(): number {
    return this.#count
  }

  /** Of what is known of them, names aside. */
  get textBytes(): number {
    return this.#textBytes
  }

  /** Takes a new line in; answers the slot that forget() wants, 0 for a line that tells nothing. */
  learn(kind: EntryKind, parser: FamilyEntry): number {
    if (kind === entryKind.comment) return 0
    const name = parser.familyName()
    const slots = this.#lookup()
    const known = slots.get(name)
    const before = (known === undefined ? undefined : this.#families[known]?.metadata) ?? blank
    // Throws where the text is not valid: then nothing is kept of the family.
    const family = this.#intern(name, changed(before, kind, parser))
    const slot = known ?? this.#add()
    slots.set(family.name, slot)
    this.#families[slot] = family
    this.#textBytes += textBytesOf(family.metadata) - textBytesOf(before)
    this.#lines[slot] = (this.#lines[slot] ?? 0) + 1
    this.#departed.delete(slot)
    return slot
  }

  /** What is known of the family of a line that told something. */
  of(slot: number): Family | undefined {
    return this.#families[slot]
  }

  /** A line has left the page. */
  forget(slot: number): void {
    if (this.#families[slot] === undefined) return
    const left = (this.#lines[slot] ?? 0) - 1
    this.#lines[slot] = left
    if (left === 0) this.#departed.set(slot, this.#pages)
  }

  /** A page was read, or could not be; where it was good, families leave that are long gone. */
  settle(isGood: boolean): void {
    this.#slots = undefined
    this.#pages++
    if (!isGood) return
    for (const [slot, page] of this.#departed) {
      if (this.#pages - page > limits.scrapeMetadataPagesKept) this.#remove(slot)
    }
  }

  #remove(slot: number): void {
    const family = this.#families[slot]
    this.#departed.delete(slot)
    if (family === undefined) return
    this.#count--
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

  #lookup(): Map<string, number> {
    if (this.#slots !== undefined) return this.#slots
    const slots = new Map<string, number>()
    for (const [slot, family] of this.#families.entries()) {
      if (family !== undefined) slots.set(family.name, slot)
    }
    this.#slots = slots
    return slots
  }

  #add(): number {
    const slot = this.#free.pop() ?? this.#families.length
    if (slot >= this.#lines.length) {
      const lines = new Uint32Array(this.#lines.length * 2)
      lines.set(this.#lines)
      this.#lines = lines
    }
    this.#lines[slot] = 0
    this.#count++
    this.#textBytes += textBytesOf(blank)
    return slot
  }
}

const linesMin = 64

/** One object for equal families: targets of a job tell the same. */
export type InternFamily = (name: string, metadata: MetricMetadata) => Family

const blank: MetricMetadata = { type: 'unknown', help: '', unit: '' }

function textBytesOf({ type, help, unit }: MetricMetadata): number {
  return Buffer.byteLength(type) + Buffer.byteLength(help) + Buffer.byteLength(unit)
}

function changed(metadata: MetricMetadata, kind: EntryKind, parser: FamilyEntry): MetricMetadata {
  if (kind === entryKind.type) return { ...metadata, type: parser.metricType }
  if (kind === entryKind.help) return { ...metadata, help: parser.entryText() }
  return { ...metadata, unit: parser.entryText() }
}

/** Equal families as one object; forgets all once there are too many to be worth it. */
export class MetadataPool {
  readonly #known = new Map<string, Family>()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  readonly intern: InternFamily = (name, metadata) => {
    const key = `${name}\n${metadata.type}\n${metadata.unit}\n${metadata.help}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    if (this.#known.size >= this.#max) this.#known.clear()
    const family = { name, metadata }
    this.#known.set(key, family)
    return family
  }
}
