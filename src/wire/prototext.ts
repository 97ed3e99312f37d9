import protobuf from 'protobufjs/minimal.js'
import { goG } from '../model/float-text.ts'
import { endOf, int64, tagOf } from './proto-fields.ts'

type Reader = protobuf.Reader

/** A message, its fields in the order in which they are shown. */
export type MessageShape = readonly FieldShape[]

interface FieldShape {
  readonly number: number
  readonly name: string
  readonly kind: FieldKind
}

/** A list of texts: the names of an enumeration, by number. */
type FieldKind = 'text' | 'double' | 'integer' | 'signed' | readonly string[] | MessageShape

/** On one line, or each field on one of its own. */
export type PrototextLayout = 'compact' | 'lines'

/**
 * The fields of a protobuf message as prototext, as Go's library writes it but for the blanks that it
 * doubles at random. Fields that the shape lacks are left out.
 */
export function prototext(
  message: Uint8Array,
  shape: MessageShape,
  layout: PrototextLayout,
): string {
  const fields = fieldsOf(protobuf.Reader.create(message), message.length, shape, layout, '')
  return layout === 'compact' ? fields.join(' ') : fields.map((field) => `${field}\n`).join('')
}

function fieldsOf(
  reader: Reader,
  end: number,
  shape: MessageShape,
  layout: PrototextLayout,
  indent: string,
): readonly string[] {
  const found: string[][] = shape.map(() => [])
  while (reader.pos < end) {
    const tag = tagOf(reader)
    const place = shape.findIndex(({ number }) => number === tag >>> 3)
    const field = shape[place]
    if (field === undefined) {
      reader.skipType(tag & 7)
      continue
    }
    const text = valueText(reader, field.kind, layout, indent)
    found[place]?.push(
      layout === 'compact' ? `${field.name}:${text}` : `${indent}${field.name}: ${text}`,
    )
  }
  return found.flat()
}

function valueText(
  reader: Reader,
  kind: FieldKind,
  layout: PrototextLayout,
  indent: string,
): string {
  switch (kind) {
    case 'text':
      return quoted(reader.string())
    case 'double':
      return doubleText(reader.double())
    case 'integer':
      return String(int64(reader))
    case 'signed':
      return String(reader.sint32())
    default:
      return isShape(kind) ? messageText(reader, kind, layout, indent) : enumText(reader, kind)
  }
}

function isShape(kind: readonly string[] | MessageShape): kind is MessageShape {
  return typeof kind[0] === 'object'
}

function enumText(reader: Reader, names: readonly string[]): string {
  const number = reader.int32()
  return names[number] ?? String(number)
}

function messageText(
  reader: Reader,
  shape: MessageShape,
  layout: PrototextLayout,
  indent: string,
): string {
  const fields = fieldsOf(reader, endOf(reader), shape, layout, `${indent}  `)
  if (layout === 'compact') return `{${fields.join(' ')}}`
  return fields.length === 0 ? '{}' : `{\n${fields.join('\n')}\n${indent}}`
}

function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (Number.isFinite(value)) return goG(value)
  return value > 0 ? 'inf' : '-inf'
}

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

function quoted(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is escaped
  return `"${text.replace(/["\\\u0000-\u001f\u007f-\u009f]/g, escaped)}"`
}

function escaped(character: string): string {
  const known = escapes[character]
  if (known !== undefined) return known
  const code = character.charCodeAt(0)
  const digits = code.toString(16)
  return code < 0x80 ? `\\x${digits.padStart(2, '0')}` : `\\u${digits.padStart(4, '0')}`
}
