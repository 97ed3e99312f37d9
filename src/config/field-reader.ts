import { DurationError, parseDurationMs } from '../model/duration.ts'
import { parseGoDurationMs } from '../model/go-duration.ts'
import { ConfigProblem, type Place } from './problem.ts'
import { Secret } from './secret.ts'
import { parseSizeBytes } from './size.ts'
import { mergedField } from './yaml-merge.ts'
import { mismatchWords, oldBooleans } from './yaml-mismatch.ts'
import { isNull, type YamlNode, type YamlScalar } from './yaml-node.ts'
import { yamlFloat, yamlInteger, yamlWhole } from './yaml-number.ts'

/** A node and where it stands; every reader of a section gets one. */
export interface Located {
  readonly node: YamlNode
  readonly path: string
  /** Of a field. */
  readonly key?: YamlScalar
}

/**
 * Upstream checks a section once all of its keys are read and well: its own, then those of an HTTP
 * client, then the rest, and some with the whole document.
 */
const checkStages = ['own', 'client', 'rest', 'document'] as const

export type CheckStage = (typeof checkStages)[number]

/** An absent section reads as one without fields. */
export const emptySection: Located = {
  node: { kind: 'map', line: 1, entries: [], duplicates: [] },
  path: '',
}

export function placeOf(at: Located): Place {
  return { line: at.node.line, path: at.path }
}

export function problem(message: string, at: Located): ConfigProblem {
  return new ConfigProblem(message, placeOf(at), at.node)
}

/** Of what upstream checks once it has read the whole document. */
export function documentProblem(message: string, at: Located): ConfigProblem {
  return new ConfigProblem(message, placeOf(at), at.node, true)
}

/**
 * Reads the fields of one mapping strictly: a key that nobody asked for, a key given twice and a
 * value of the wrong type are ConfigProblems in upstream's words (row C1.1). A null value counts
 * as absent. Protocol: read every known field, then end().
 */
export class FieldReader {
  readonly at: Located
  readonly #type: string
  readonly #fields = new Map<string, Located>()
  readonly #known = new Set<string>()
  readonly #faults = new Map<CheckStage, ConfigProblem>()

  /** `type` is the name that upstream's messages give the section, such as config.plain. */
  constructor(at: Located, type: string) {
    this.at = at
    this.#type = type
    for (const [key, field] of mapFields(
      at,
      type,
      (text) => `field ${text} already set in type ${type}`,
      'struct',
    )) {
      this.#fields.set(key, field)
    }
  }

  /** The field's node, or undefined where it is absent or null. */
  take(key: string): Located | undefined {
    this.#known.add(key)
    const field = this.#fields.get(key)
    return field === undefined || isNull(field.node) ? undefined : field
  }

  /** True where the key stands in the file, even with a null value. */
  has(key: string): boolean {
    return this.#fields.has(key)
  }

  /** A null is the empty text and no longer the default: so Go's decoder has it. */
  text(key: string, absent: string, type?: string): string {
    this.#known.add(key)
    const field = this.#fields.get(key)
    if (field === undefined) return absent
    return isNull(field.node) ? '' : textOf(field, type)
  }

  secret(key: string): Secret | undefined {
    const text = this.text(key, '', 'config.plain')
    return text === '' ? undefined : new Secret(text)
  }

  flag(key: string, absent: boolean): boolean {
    const field = this.take(key)
    return field === undefined ? absent && !this.has(key) : flagOf(field)
  }

  /** As flag, but a null leaves what is inherited. */
  inheritedFlag(key: string, inherited: boolean): boolean {
    const field = this.take(key)
    return field === undefined ? inherited : flagOf(field)
  }

  /** Whole, not negative. */
  count(key: string): number {
    const field = this.take(key)
    return field === undefined ? 0 : Number(countOf(field, 'uint'))
  }

  /** The same, of 64 bits. */
  count64(key: string): bigint {
    const field = this.take(key)
    return field === undefined ? 0n : countOf(field, 'uint64')
  }

  /** Whole, of either sign. */
  integer(key: string, wanted = 'int64'): number {
    const field = this.take(key)
    if (field === undefined) return 0
    const value = yamlInteger(field.node)
    if (value === undefined || Math.abs(value) > 2 ** 63) throw mismatch(field, wanted)
    return value
  }

  float(key: string): number {
    const field = this.take(key)
    if (field === undefined) return 0
    const value = yamlFloat(field.node)
    if (value === undefined) throw mismatch(field, 'float64')
    return value
  }

  durationMs(key: string): number {
    const field = this.take(key)
    return field === undefined ? 0 : durationMsOf(field)
  }

  /** As Go's decoder fills a time.Duration: a number counts nanoseconds. */
  goDurationMs(key: string): number {
    const field = this.take(key)
    if (field === undefined) return 0
    const text = scalarText(field, 'time.Duration')
    const durationMs = /^[-+]?\d+$/.test(text) ? Number(text) / 1e6 : parseGoDurationMs(text)
    if (durationMs === undefined) throw mismatch(field, 'time.Duration')
    return durationMs
  }

  sizeBytes(key: string): number {
    const field = this.take(key)
    return field === undefined ? 0 : parseSizeBytes(textOf(field, 'units.Base2Bytes'), field)
  }

  /** `type` is what upstream calls the list, such as []string. */
  list<T>(key: string, type: string, read: (item: Located) => T): readonly T[] | undefined {
    const field = this.take(key)
    return field === undefined ? undefined : listItems(field, type).map(read)
  }

  texts(key: string, type = 'string'): readonly string[] | undefined {
    return this.list(key, `[]${type}`, (item) =>
      isNull(item.node) ? '' : textOf(item, type === secretType ? 'config.plain' : type),
    )
  }

  textMap(key: string, type = 'map[string]string'): ReadonlyMap<string, string> {
    const field = this.take(key)
    const map = new Map<string, string>()
    if (field === undefined) return map
    for (const [name, value] of mapOf(field, type)) {
      const isNameless = name === '' && value.key !== undefined && !isNull(value.key)
      if (type === labelSetType && isNameless) throw problem('"" is not a valid label name', field)
      map.set(name, isNull(value.node) ? '' : textOf(value, valueTypes.get(type) ?? 'string'))
    }
    return map
  }

  /** As textMap, of labels: a value that is not UTF-8 is refused as upstream refuses it. */
  labelMap(key: string): ReadonlyMap<string, string> {
    const field = this.take(key)
    if (field === undefined) return new Map()
    for (const value of mapOf(field).values()) {
      if (value.node.kind !== 'scalar' || value.node.invalidBytes === undefined) continue
      throw problem(`${quotedBytes(value.node.invalidBytes)} is not a valid label value`, value)
    }
    return this.textMap(key)
  }

  /** Notes what a check says against the section, for end(): of the first stage the first one. */
  refuse(message: string | undefined, stage: CheckStage = 'own', at = this.at): void {
    if (message === undefined || this.#faults.has(stage)) return
    const isOfDocument = stage === 'document'
    this.#faults.set(stage, new ConfigProblem(message, placeOf(at), this.at.node, isOfDocument))
  }

  /** Throws for the keys that nothing asked for, then for what was refused. */
  end(): void {
    const unknown = [...this.#fields].filter(([name]) => !this.#known.has(name))
    const types = unknown.flatMap(([name, { key }]) => {
      if (key === undefined) return []
      const line = `line ${key.start.line}: field ${name} not found in type ${this.#type}`
      return [{ node: key, line }]
    })
    const [first] = types
    const path = unknown[0]?.[1].path ?? ''
    if (first !== undefined) throw ConfigProblem.ofTypes(types, { line: first.node.line, path })
    const stage = checkStages.find((one) => this.#faults.has(one))
    const fault = stage === undefined ? undefined : this.#faults.get(stage)
    if (fault !== undefined) throw fault
  }
}

/** Keys and values of a mapping with free keys; a duplicate is an error. */
export function mapOf(at: Located, type = 'map[string]string'): ReadonlyMap<string, Located> {
  return mapFields(at, type, (key) => `key "${key}" already set in map`, 'map')
}

export function listItems(at: Located, type = '[]string'): readonly Located[] {
  if (at.node.kind !== 'list') throw mismatch(at, type)
  return at.node.items.map((node, index) => ({ node, path: `${at.path}[${index}]` }))
}

export function textOf(at: Located, type = 'string'): string {
  const text = scalarText(at, type)
  if (at.node.kind === 'scalar' && at.node.invalidBytes !== undefined) {
    throw problem('yaml: value is not valid UTF-8', at)
  }
  return text
}

export function durationMsOf(at: Located): number {
  try {
    return parseDurationMs(textOf(at))
  } catch (thrown) {
    if (!(thrown instanceof DurationError)) throw thrown
    throw problem(thrown.message, at)
  }
}

/** Upstream reads each one as a type within a function. */
const secretType = 'config.Secret'
const labelSetType = 'model.LabelSet'
/** Of maps: what upstream calls their values. */
const valueTypes: ReadonlyMap<string, string> = new Map([
  [labelSetType, 'model.LabelValue'],
  [`map[string]${secretType}`, 'config.plain'],
])

/** Go's decoder takes the booleans of YAML 1.1 where a boolean is wanted. */
function flagOf(at: Located): boolean {
  const plain = at.node.kind === 'scalar' && at.node.plain
  const text = scalarText(at, 'bool')
  if (plain && /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/.test(text)) return true
  if (plain && /^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/.test(text)) return false
  throw mismatch(at, 'bool')
}

function countOf(at: Located, wanted: string): bigint {
  const value = yamlWhole(at.node)
  if (value === undefined || value < 0n) throw mismatch(at, wanted)
  return value
}

function scalarText(at: Located, wanted: string): string {
  if (at.node.kind !== 'scalar') throw mismatch(at, wanted)
  return at.node.text
}

/** Bytes that are no UTF-8, as Go quotes them. */
function quotedBytes(bytes: Uint8Array): string {
  const shown = Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`)
  return `"${shown.join('')}"`
}

function mapFields(
  at: Located,
  type: string,
  duplicate: (key: string) => string,
  /** A key of a struct that is there twice is told at the key, and may come again by a merge key. */
  into: 'struct' | 'map',
): ReadonlyMap<string, Located> {
  const fields = new Map<string, Located>()
  const seen = new Set<string>()
  const values = new Map<string, YamlNode[]>()
  if (isNull(at.node)) return fields
  if (at.node.kind !== 'map') throw mismatch(at, type)
  for (const { key, value, owner } of at.node.entries) {
    if (key.invalidBytes !== undefined) {
      throw problem(`${quotedBytes(key.invalidBytes)} is not a valid label name`, at)
    }
    const name = isNull(key) ? '' : key.text
    const path = at.path === '' ? name : `${at.path}.${name}`
    const field = { node: value, path, key }
    const place = into === 'struct' ? `${owner} ${name}` : name
    if (seen.has(place)) {
      const node = into === 'struct' ? key : value
      throw unmarshal(
        duplicate(name),
        { node, path },
        into === 'struct' ? key.start.line : value.line,
      )
    }
    seen.add(place)
    fields.set(name, field)
    const known = values.get(name)
    if (known === undefined) values.set(name, [value])
    else known.push(value)
  }
  for (const [name, merged] of values) {
    const field = fields.get(name)
    const node = merged.length === 1 ? undefined : mergedField(name, merged)
    if (field !== undefined && node !== undefined) fields.set(name, { ...field, node })
  }
  return fields
}

function mismatch(at: Located, wanted: string): ConfigProblem {
  return unmarshal(mismatchWords(at.node, wanted, oldBooleans), at)
}

/** Upstream's frame around what its decoder finds wrong. */
function unmarshal(message: string, at: Located, line = at.node.line): ConfigProblem {
  return ConfigProblem.ofTypes([{ node: at.node, line: `line ${line}: ${message}` }], {
    ...placeOf(at),
    line,
  })
}
