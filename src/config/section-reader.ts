import { printDurationMs } from '../model/duration.ts'
import { Address, ConfigUrl, GoUrlError } from './config-url.ts'
import { joinDirectory } from './directory.ts'
import {
  type CheckStage,
  emptySection,
  FieldReader,
  type Located,
  problem,
  textOf,
} from './field-reader.ts'
import { type HttpClientConfig, type HttpDefaults, readHttpConfig } from './http-config.ts'
import { printHttp, printTls } from './print-http.ts'
import type { ReadContext } from './read-context.ts'
import type { Secret } from './secret.ts'
import { plainTls, readTls, type TlsConfig } from './tls-config.ts'
import {
  type YamlEntry,
  type YamlMapping,
  type YamlValue,
  yamlList,
  yamlMap,
  yamlNull,
  yamlSortedMap,
} from './yaml-text.ts'

/** Whether a key is printed though it says nothing: upstream has both, key by key. */
type Print = 'always' | 'unless empty'

/**
 * A FieldReader that keeps what it reads for printing: a section whose keys are read in upstream's
 * order is printed so, with its defaults, and cannot forget to hide a secret. Protocol: read every
 * field, then end().
 */
export class SectionReader {
  readonly at: Located
  readonly fields: FieldReader
  readonly context: ReadContext
  readonly #entries: YamlEntry[] = []

  constructor(at: Located, type: string, context: ReadContext) {
    this.at = at
    this.context = context
    this.fields = new FieldReader(at, type)
  }

  /** Throws for a key that nobody read; answers how the section is printed. */
  end(): YamlMapping {
    this.fields.end()
    return yamlMap(this.#entries)
  }

  /** Prints what another reader read at this place. */
  record(entries: readonly YamlEntry[]): void {
    this.#entries.push(...entries)
  }

  text(key: string, absent = '', print: Print = 'unless empty'): string {
    const text = this.fields.text(key, absent)
    this.#print(key, text, text === '', print)
    return text
  }

  /** One of some words, or '' where the key is absent; other words are a problem. */
  word<T extends string>(
    key: string,
    words: readonly T[],
    fault: (text: string) => string,
    absent: T | '' = '',
    print: Print = 'always',
    type = 'string',
    stage: CheckStage | 'type' = 'type',
  ): T | '' {
    const field = this.fields.take(key)
    const text = field === undefined ? (this.fields.has(key) ? '' : absent) : textOf(field, type)
    const word = words.find((known) => known === text)
    if (word === undefined && field !== undefined) {
      if (stage === 'type') throw problem(fault(text), field)
      this.fields.refuse(fault(text), stage, field)
    }
    this.#print(key, text, text === '', print)
    return word ?? ''
  }

  /** A path, from the folder of the file that it stands in. */
  file(key: string, print: Print = 'unless empty'): string {
    const path = joinDirectory(this.context.directory, this.fields.text(key, ''))
    this.#print(key, path, path === '', print)
    return path
  }

  secret(key: string, print: Print = 'unless empty'): Secret | undefined {
    const secret = this.fields.secret(key)
    this.#print(key, secret === undefined ? yamlNull : String(secret), secret === undefined, print)
    return secret
  }

  url(key: string): ConfigUrl | undefined {
    const field = this.fields.take(key)
    if (field === undefined) return undefined
    const url = urlOf(field)
    this.#entries.push([key, String(url)])
    return url
  }

  /** An address that upstream keeps as text: '' where absent, and only its password is hidden. */
  address(key: string, absent = '', print: Print = 'always'): Address {
    const address = new Address(this.fields.text(key, absent))
    this.#print(key, String(address), address.reveal() === '', print)
    return address
  }

  integer(key: string, absent = 0, print: Print = 'unless empty'): number {
    const value = this.fields.has(key) ? this.fields.integer(key, 'int') : absent
    this.#print(key, value, value === 0, print)
    return value
  }

  /** Of 64 bits, not negative. */
  count64(key: string, absent: bigint): bigint {
    const value = this.fields.has(key) ? this.fields.count64(key) : absent
    this.#print(key, value, value === 0n, 'unless empty')
    return value
  }

  flag(key: string, absent = false, print: Print = 'unless empty'): boolean {
    const value = this.fields.flag(key, absent)
    this.#print(key, value, !value, print)
    return value
  }

  float(key: string): number {
    const value = this.fields.float(key)
    this.#print(key, value, value === 0, 'unless empty')
    return value
  }

  durationMs(key: string, absent = 0, print: Print = 'unless empty'): number {
    const valueMs = this.fields.has(key) ? this.fields.durationMs(key) : absent
    this.#print(key, printDurationMs(valueMs), valueMs === 0, print)
    return valueMs
  }

  texts(key: string, print: Print = 'unless empty'): readonly string[] {
    const texts = this.fields.texts(key) ?? []
    this.#print(key, yamlList(texts), texts.length === 0, print)
    return texts
  }

  textMap(key: string, type?: string): ReadonlyMap<string, string> {
    const map = this.fields.textMap(key, type)
    this.#entries.push([key, yamlSortedMap(map)])
    return map
  }

  /** The keys of a client, which stand inline. */
  http(defaults?: HttpDefaults): HttpClientConfig {
    const http = readHttpConfig(this.fields, this.context, defaults)
    this.recordHttp(http)
    return http
  }

  recordHttp(http: HttpClientConfig): void {
    this.record(printHttp(http))
  }

  tls(): TlsConfig {
    const field = this.fields.take('tls_config')
    if (field === undefined) return plainTls
    const tls = readTls(field, this.context)
    this.record([['tls_config', printTls(tls)]])
    return tls
  }

  /** A section of its own, or undefined where the key is absent. */
  section<T>(key: string, type: string, read: (section: SectionReader) => T): T | undefined {
    const field = this.fields.take(key)
    return field === undefined ? undefined : this.#child(key, field, type, read, 'always')
  }

  /**
   * A section that has defaults where the key is absent, not printed where all of it is empty. A null
   * is `atNull` where that is given: Go's decoder takes the defaults away.
   */
  defaultedSection<T>(
    key: string,
    type: string,
    read: (section: SectionReader) => T,
    atNull?: T,
  ): T {
    const found = this.fields.take(key)
    if (atNull !== undefined && found === undefined && this.fields.has(key)) return atNull
    const field = found ?? this.#absent(key)
    return this.#child(key, field, type, read, 'unless empty')
  }

  sections<T>(
    key: string,
    type: string,
    read: (section: SectionReader) => T,
    print: Print = 'unless empty',
    listed?: string,
  ): readonly T[] {
    const items: YamlMapping[] = []
    const values =
      this.fields.list(key, `[]${listed ?? type}`, (item) => {
        const reader = new SectionReader(item, type, this.context)
        const value = read(reader)
        items.push(reader.end())
        return value
      }) ?? []
    this.#print(key, yamlList(items), items.length === 0, print)
    return values
  }

  #absent(key: string): Located {
    const { node, path } = this.at
    const line = { ...emptySection.node, line: node.line }
    return { node: line, path: path === '' ? key : `${path}.${key}` }
  }

  #child<T>(
    key: string,
    at: Located,
    type: string,
    read: (section: SectionReader) => T,
    print: Print,
  ): T {
    const reader = new SectionReader(at, type, this.context)
    const value = read(reader)
    const yaml = reader.end()
    this.#print(key, yaml, isEmpty(yaml), print)
    return value
  }

  #print(key: string, value: YamlValue, isEmptyValue: boolean, print: Print): void {
    if (!isEmptyValue || print === 'always') this.#entries.push([key, value])
  }
}

/** An address as upstream's parser has it, at its place. */
export function urlOf(field: Located): ConfigUrl {
  try {
    return new ConfigUrl(textOf(field))
  } catch (thrown) {
    if (!(thrown instanceof GoUrlError)) throw thrown
    throw problem(thrown.message, field)
  }
}

function isEmpty(value: YamlValue): boolean {
  if (typeof value !== 'object') return !value || value === yamlNull
  if (value.kind === 'list') return value.items.length === 0
  return value.entries.every(([, item]) => isEmpty(item))
}
