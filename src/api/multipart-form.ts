import { limits } from '../base/limits.ts'
import { addValue, type FormValues } from './form.ts'

/** A part's headers and what follows them, as latin1, so that a character is a byte. */
interface Part {
  readonly headers: ReadonlyMap<string, string>
  readonly content: string
}

const mediaType = /^multipart\/form-data\s*;/i

/** Whether such a content type is said to be a form of parts (RFC 7578). */
export function isMultipartForm(contentType: string | undefined): contentType is string {
  return mediaType.test(contentType ?? '')
}

/**
 * The fields of a form of parts, files left out, as Go reads it, which is what clients are tried
 * against: lines end as the first boundary's does, and a form that breaks off has no fields at all.
 */
export function parseMultipartForm(body: Uint8Array, contentType: string): FormValues {
  const values = new Map<string, string[]>()
  const boundary = parameterOf(contentType, 'boundary')
  const parts = boundary === '' ? undefined : partsOf(latin1(body), boundary)
  for (const { headers, content } of parts ?? []) {
    const disposition = headers.get('content-disposition') ?? ''
    const name = /^form-data\s*(;|$)/i.test(disposition) ? parameterOf(disposition, 'name') : ''
    if (name === '' || parameterOf(disposition, 'filename') !== '') continue
    const isQuoted = headers.get('content-transfer-encoding')?.toLowerCase() === 'quoted-printable'
    addValue(values, utf8(name), utf8(isQuoted ? unquoted(content) : content))
  }
  return values
}

/** Undefined where the form is not whole, or has too many parts. */
function partsOf(text: string, boundary: string): readonly Part[] | undefined {
  const delimiter = `--${boundary}`
  const begin = firstLine(text, delimiter)
  if (begin === undefined) return undefined
  const { lineEnd } = begin
  const parts: Part[] = []
  for (let at = begin.end; ; ) {
    const headers = headersFrom(text, at)
    if (headers === undefined || parts.length === limits.httpFormPartsMax) return undefined
    const end = delimiterFrom(text, headers.end, lineEnd + delimiter, lineEnd)
    if (end === undefined) return undefined
    parts.push({ headers: headers.fields, content: text.slice(headers.end, end) })
    // A part without content may have its delimiter right behind its headers.
    const line = lineOf(text.slice(text.startsWith(lineEnd, end) ? end + lineEnd.length : end))
    const rest = line.slice(delimiter.length)
    if (rest.startsWith('--')) {
      const behind = withoutBlanks(rest.slice(2))
      return behind === '' || behind === lineEnd ? parts : undefined
    }
    if (withoutBlanks(rest) !== lineEnd) return undefined
    at = end + (text.startsWith(lineEnd, end) ? lineEnd.length : 0) + line.length
  }
}

/** The line of the first delimiter, whatever stands before it. */
function firstLine(text: string, delimiter: string) {
  for (let at = 0; at < text.length; ) {
    const line = lineOf(text.slice(at))
    at += line.length
    const rest = line.startsWith(delimiter) ? line.slice(delimiter.length) : ''
    const lineEnd = withoutBlanks(rest)
    if (lineEnd === '\n' || lineEnd === '\r\n') return { end: at, lineEnd }
  }
  return undefined
}

/** Where a part's content ends; undefined where no delimiter follows. */
function delimiterFrom(
  text: string,
  start: number,
  delimiter: string,
  lineEnd: string,
): number | undefined {
  const isAt = (at: number) => /^(?:[ \t\r\n]|--|$)/.test(text.slice(at, at + 2))
  const bare = delimiter.slice(lineEnd.length)
  if (text.startsWith(bare, start) && isAt(start + bare.length)) return start
  for (let at = text.indexOf(delimiter, start); at >= 0; at = text.indexOf(delimiter, at + 1)) {
    if (isAt(at + delimiter.length)) return at
  }
  return undefined
}

/** Undefined where they do not end. */
function headersFrom(text: string, start: number) {
  const fields = new Map<string, string>()
  for (let at = start; at < text.length; ) {
    const line = lineOf(text.slice(at, at + limits.httpHeadersBytesMax))
    at += line.length
    const plain = line.replace(/\r?\n$/, '')
    if (plain === '') return { fields, end: at }
    const colon = plain.indexOf(':')
    if (colon <= 0 || !line.endsWith('\n')) return undefined
    const name = plain.slice(0, colon).toLowerCase()
    if (!fields.has(name)) fields.set(name, plain.slice(colon + 1).trim())
  }
  return undefined
}

/** A parameter of a header as RFC 2045 has it, `a=b` or `a="b"`; '' where it is absent. */
function parameterOf(header: string, name: string): string {
  const pattern = /;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))/g
  for (const [, key = '', quoted, token = ''] of header.matchAll(pattern)) {
    if (key.toLowerCase() === name) return quoted?.replace(/\\(.)/g, '$1') ?? token
  }
  return ''
}

/** RFC 2045, section 6.7. */
function unquoted(text: string): string {
  return text
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9a-f]{2})/gi, (_all, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 16)),
    )
}

function withoutBlanks(text: string): string {
  return text.replace(/^[ \t]+/, '')
}

/** With its end. */
function lineOf(text: string): string {
  const end = text.indexOf('\n')
  return end < 0 ? text : text.slice(0, end + 1)
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

function utf8(text: string): string {
  return Buffer.from(text, 'latin1').toString()
}
