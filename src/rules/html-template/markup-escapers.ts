import { simpleLowerCase } from '../../model/simple-case.ts'
import { attributeContent } from './attribute-kinds.ts'
import { unsafeValue } from './printed-text.ts'
import { withoutTags } from './without-tags.ts'

const entities: Readonly<Record<string, string>> = {
  '\0': '\ufffd',
  '"': '&#34;',
  '&': '&amp;',
  "'": '&#39;',
  '+': '&#43;',
  '<': '&lt;',
  '>': '&gt;',
}

/** Into the text of a page. */
export function pageText(text: string, isSafe: boolean): string {
  return isSafe ? text : escaped(text)
}

/** Into the text of an element that has no tags in it. */
export function contentText(text: string, isSafe: boolean): string {
  return isSafe ? escapedButEntities(text) : escaped(text)
}

/** Between quotes. */
export function attributeText(text: string, isSafe: boolean): string {
  return isSafe ? escapedButEntities(withoutTags(text)) : escaped(text)
}

/** Without quotes around it; there must be something. */
export function bareAttributeText(text: string, isSafe: boolean): string {
  if (text === '') return unsafeValue
  const shown = isSafe ? withoutTags(text) : text.replaceAll('&', '&amp;')
  return shown.replace(/[\0\t\n\v\f\r "'+<=>`\ufdd0-\ufdef\ufff0-\uffff]/g, (character) => {
    if (character === '<') return '&lt;'
    if (character === '>') return '&gt;'
    if (character === '\0') return '&#xfffd;'
    const code = character.charCodeAt(0)
    return code < 0x80 ? `&#${code};` : `&#x${code.toString(16)};`
  })
}

function escaped(text: string): string {
  return text.replace(/[\0"&'+<>]/g, (character) => entities[character] ?? '')
}

/** Entities stay what they are. */
function escapedButEntities(text: string): string {
  return text.replace(/[\0"'+<>]/g, (character) => entities[character] ?? '')
}

/** The name of an attribute whose value means nothing but itself. */
export function attributeName(text: string): string {
  const name = simpleLowerCase(text)
  const isPlain = /^[0-9a-z]+$/.test(name) && attributeContent(name) === 'plain'
  return isPlain ? name : unsafeValue
}
