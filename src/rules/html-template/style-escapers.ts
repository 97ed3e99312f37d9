import { unsafeValue } from './printed-text.ts'
import { styleText } from './style-text.ts'

/** Between quotes of a style, which may stand in an attribute. */
export function styleStringText(text: string): string {
  return text.replace(/[\0\t\n\f\r"&'()+/:;<>\\{}]/g, (character, at: number) => {
    if (character === '\\') return '\\\\'
    // A blank ends the digits where what follows could be one more.
    const isOpen = /^(?:$|[\da-fA-F\t\n\f\r ])/.test(text.slice(at + 1, at + 2))
    return `\\${character.charCodeAt(0).toString(16)}${isOpen ? ' ' : ''}`
  })
}

/** A word, number, color or the like; nothing that ends what it stands in, or that runs. */
export function styleValue(text: string): string {
  const value = styleText(text)
  if (/[\0"'()/;@[\\\]`{}<>]|--/.test(value)) return unsafeValue
  const word = value.replace(/[^-\w]/g, '').toLowerCase()
  return /expression|mozbinding/.test(word) ? unsafeValue : value
}
