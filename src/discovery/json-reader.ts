import { NarthexError } from '../base/errors.ts'

/**
 * Reads what a discovery server answered, as Go's decoder takes it: absent and null are the zero
 * value, unknown keys are let be, a value of another type is NarthexError BODY_INVALID with its path.
 */
export class JsonReader {
  readonly #fields: Readonly<Record<string, unknown>>
  readonly #path: string

  constructor(value: unknown, path = '') {
    if (value === undefined || value === null) this.#fields = noFields
    else if (isRecord(value)) this.#fields = value
    else throw mismatch(path, 'an object')
    this.#path = path
  }

  text(key: string): string {
    const value = this.#fields[key] ?? ''
    if (typeof value !== 'string') throw mismatch(this.#pathOf(key), 'a text')
    return value
  }

  number(key: string): number {
    const value = this.#fields[key] ?? 0
    if (typeof value !== 'number') throw mismatch(this.#pathOf(key), 'a number')
    return value
  }

  flag(key: string): boolean {
    const value = this.#fields[key] ?? false
    if (typeof value !== 'boolean') throw mismatch(this.#pathOf(key), 'true or false')
    return value
  }

  has(key: string): boolean {
    return (this.#fields[key] ?? null) !== null
  }

  object(key: string): JsonReader {
    return new JsonReader(this.#fields[key], this.#pathOf(key))
  }

  objects(key: string): readonly JsonReader[] {
    return readObjects(this.#fields[key], this.#pathOf(key))
  }

  texts(key: string): readonly string[] {
    return listOf(this.#fields[key], this.#pathOf(key)).map((item, index) => {
      // So Go's decoder has it.
      if (item === null) return ''
      if (typeof item !== 'string') throw mismatch(`${this.#pathOf(key)}[${index}]`, 'a text')
      return item
    })
  }

  /** The members of an object with free keys that are texts. */
  textMap(key: string): readonly (readonly [string, string])[] {
    const members = this.object(key)
    return members.keys().map((name) => [name, members.text(name)] as const)
  }

  keys(): readonly string[] {
    return Object.keys(this.#fields)
  }

  #pathOf(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`
  }
}

const noFields: Readonly<Record<string, unknown>> = {}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && !Array.isArray(value)
}

/** The objects of a list; a null among them reads as an empty one. */
export function readObjects(value: unknown, path = ''): readonly JsonReader[] {
  return listOf(value, path).map((item, index) => new JsonReader(item, `${path}[${index}]`))
}

export function listOf(value: unknown, path: string): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw mismatch(path, 'a list')
  return value
}

function mismatch(path: string, wanted: string): NarthexError {
  const place = path === '' ? 'the answer' : path
  return new NarthexError('BODY_INVALID', `${place} is not ${wanted}`)
}
