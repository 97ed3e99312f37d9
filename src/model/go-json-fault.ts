import { goQuoteRune } from './go-quote.ts'

/** What may come next: a part of the grammar, with the words of Go for what is not it. */
type Place =
  | 'value'
  | 'first element'
  | 'element end'
  | 'first key'
  | 'key'
  | 'key end'
  | 'member end'
  | 'end'

const whereOf: Readonly<Record<Place, string>> = {
  value: 'looking for beginning of value',
  'first element': 'looking for beginning of value',
  'element end': 'after array element',
  'first key': 'looking for beginning of object key string',
  key: 'looking for beginning of object key string',
  'key end': 'after object key',
  'member end': 'after object key:value pair',
  end: 'after top-level value',
}

const unexpectedEnd = 'unexpected end of JSON input'

/** What Go's decoder says of a text that is no JSON; undefined of one that is. */
export function goJsonFault(text: string): string | undefined {
  return new JsonReading(Buffer.from(text).toString('latin1')).fault()
}

/** One pass over the bytes, as Go makes it: each is told as the character of its number. */
class JsonReading {
  readonly #bytes: string
  #at = 0
  /** Of what is open, outermost first: `[` or `{`. */
  readonly #open: string[] = []
  #place: Place = 'value'

  constructor(bytes: string) {
    this.#bytes = bytes
  }

  fault(): string | undefined {
    for (; this.#at < this.#bytes.length; ) {
      const byte = this.#bytes.charAt(this.#at)
      if (' \t\r\n'.includes(byte)) {
        this.#at++
        continue
      }
      const fault = this.#take(byte)
      if (fault !== undefined) return fault
    }
    return this.#place === 'end' ? undefined : unexpectedEnd
  }

  /** Takes what begins here. */
  #take(byte: string): string | undefined {
    const place = this.#place
    const isValue = place === 'value' || place === 'first element'
    const closes = this.#open.at(-1) === '[' ? ']' : '}'
    const mayClose =
      place === 'first element' ||
      place === 'element end' ||
      place === 'first key' ||
      place === 'member end'
    if (mayClose && byte === closes) return this.#close()
    if (isValue) return this.#value(byte)
    if ((place === 'first key' || place === 'key') && byte === '"') {
      this.#place = 'key end'
      return this.#string()
    }
    if (place === 'key end' && byte === ':') return this.#passTo('value')
    if (place === 'element end' && byte === ',') return this.#passTo('value')
    if (place === 'member end' && byte === ',') return this.#passTo('key')
    return this.#wrong(whereOf[place])
  }

  #passTo(place: Place): undefined {
    this.#at++
    this.#place = place
  }

  #close(): undefined {
    this.#at++
    this.#open.pop()
    this.#valueEnds()
  }

  #valueEnds(): void {
    const around = this.#open.at(-1)
    this.#place = around === undefined ? 'end' : around === '[' ? 'element end' : 'member end'
  }

  #value(byte: string): string | undefined {
    if (byte === '{' || byte === '[') {
      this.#open.push(byte)
      return this.#passTo(byte === '{' ? 'first key' : 'first element')
    }
    const where = whereOf[this.#place]
    this.#valueEnds()
    if (byte === '"') return this.#string()
    if (byte === '-' || isDigit(byte)) return this.#number()
    const literal = ['true', 'false', 'null'].find((one) => one.startsWith(byte))
    return literal === undefined ? this.#wrong(where) : this.#literal(literal)
  }

  #literal(literal: string): string | undefined {
    for (const wanted of literal) {
      if (this.#here() !== wanted) {
        return this.#wrong(`in literal ${literal} (expecting ${goQuoteRune(wanted)})`)
      }
      this.#at++
    }
    return undefined
  }

  #number(): string | undefined {
    if (this.#here() === '-') this.#at++
    if (!isDigit(this.#here())) return this.#wrong('in numeric literal')
    if (this.#here() === '0') this.#at++
    else this.#digits()
    if (this.#here() === '.') {
      this.#at++
      if (!isDigit(this.#here())) return this.#wrong('after decimal point in numeric literal')
      this.#digits()
    }
    if (!'eE'.includes(this.#here())) return undefined
    this.#at++
    if ('+-'.includes(this.#here())) this.#at++
    if (!isDigit(this.#here())) return this.#wrong('in exponent of numeric literal')
    this.#digits()
    return undefined
  }

  #digits(): void {
    while (isDigit(this.#here())) this.#at++
  }

  #string(): string | undefined {
    this.#at++
    for (; this.#at < this.#bytes.length; this.#at++) {
      const byte = this.#here()
      if (byte < ' ') return this.#wrong('in string literal')
      if (byte === '"') {
        this.#at++
        return undefined
      }
      if (byte === '\\') {
        const fault = this.#escape()
        if (fault !== undefined) return fault
      }
    }
    return unexpectedEnd
  }

  /** Stops at its last byte. */
  #escape(): string | undefined {
    this.#at++
    if ('bfnrt\\/"'.includes(this.#here())) return undefined
    if (this.#here() !== 'u') return this.#wrong('in string escape code')
    for (let digit = 0; digit < 4; digit++) {
      this.#at++
      if (!/[\da-fA-F]/.test(this.#here())) {
        return this.#wrong('in \\u hexadecimal character escape')
      }
    }
    return undefined
  }

  /** A space behind the end, as Go reads it to see whether a number or a literal is whole. */
  #here(): string {
    return this.#bytes.charAt(this.#at) || ' '
  }

  #wrong(where: string): string {
    return `invalid character ${goQuoteRune(this.#here())} ${where}`
  }
}

function isDigit(byte: string): boolean {
  return byte >= '0' && byte <= '9'
}
