import { unsafeValue } from './printed-text.ts'

/** The whole beginning of a URL: no scheme that runs something. */
export function filteredUrl(text: string): string {
  return isSafeUrl(text) ? text : `#${unsafeValue}`
}

function isSafeUrl(text: string): boolean {
  const [scheme = '', rest] = text.split(':', 2)
  return rest === undefined || scheme.includes('/') || /^(?:https?|mailto)$/iu.test(scheme)
}

/** A part of a URL before its query: what is escaped already stays, and so do separators. */
export function normalizedUrl(text: string): string {
  return processed(text, true)
}

/** A part of a query or fragment: it separates nothing. */
export function urlPartText(text: string): string {
  return processed(text, false)
}

function processed(text: string, isNormalizing: boolean): string {
  const taken = isNormalizing ? /[^-\w.~!#$&*+,/:;=?@[\]%]|%(?![\da-fA-F]{2})/gu : /[^-\w.~]/gu
  return text.replace(taken, (character) =>
    Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  )
}

/** URLs of images with what is said of each, parted by commas. */
export function sourceSet(text: string): string {
  return text.split(',').map(imageSource).join(',')
}

function imageSource(text: string): string {
  const [, before = '', url = '', about = ''] =
    /^([\t\n\f\r ]*)([^\t\n\f\r ]*)(.*)$/s.exec(text) ?? []
  const isSafe = isSafeUrl(url) && /^[\t\n\f\r \da-zA-Z]*$/.test(about)
  return isSafe ? before + normalizedUrl(url) + about : `#${unsafeValue}`
}
