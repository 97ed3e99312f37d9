import { goQuote } from '../../model/go-quote.ts'
import { attributeKind } from './attribute-kinds.ts'
import {
  faultContext,
  type HtmlContext,
  type HtmlState,
  type SpecialElement,
  startContext,
  valueStates,
} from './html-context.ts'

/** The context behind some text, and how much of the text that is. */
export type Transition = readonly [context: HtmlContext, read: number]

/** Reads from the front of a text that is not empty. */
export type TransitionFunction = (context: HtmlContext, text: string) => Transition

const specialElements: ReadonlyMap<string, SpecialElement> = new Map([
  ['script', 'Script'],
  ['style', 'Style'],
  ['textarea', 'Textarea'],
  ['title', 'Title'],
  ['meta', 'Meta'],
])

/** What stands between the tags of an element. */
const contentStates: Readonly<Record<SpecialElement, HtmlState>> = {
  None: 'Text',
  Script: 'JS',
  Style: 'CSS',
  Textarea: 'RCDATA',
  Title: 'RCDATA',
  Meta: 'Text',
}

/** What is wrong in a text, which is no node of its own. */
export function textFault(description: string, text: string): Transition {
  return [faultContext({ description }), text.length]
}

export function afterAll(context: HtmlContext, text: string): Transition {
  return [context, text.length]
}

export function afterText(context: HtmlContext, text: string): Transition {
  let from = 0
  for (;;) {
    const at = text.indexOf('<', from)
    if (at < 0 || at + 1 === text.length) return [context, text.length]
    if (text.startsWith('<!--', at)) return [{ ...startContext, state: 'HTMLCmt' }, at + 4]
    const isEnd = text[at + 1] === '/'
    const name = isEnd ? at + 2 : at + 1
    if (name === text.length) return [context, text.length]
    const end = tagNameEnd(text, name)
    if (end > name) {
      const known = isEnd ? undefined : specialElements.get(text.slice(name, end).toLowerCase())
      const element = known ?? 'None'
      return [{ ...startContext, state: 'Tag', element }, end]
    }
    from = end
  }
}

function tagNameEnd(text: string, from: number): number {
  const name = /[A-Za-z](?:[A-Za-z0-9]|[:-][A-Za-z0-9])*/y
  name.lastIndex = from
  return name.test(text) ? name.lastIndex : from
}

/** Behind the blanks from there on. */
function blanksEnd(text: string, from: number): number {
  const blanks = /[ \t\n\f\r]*/y
  blanks.lastIndex = from
  blanks.test(text)
  return blanks.lastIndex
}

export function afterTag(context: HtmlContext, text: string): Transition {
  const { element } = context
  const from = blanksEnd(text, 0)
  if (from === text.length) return [context, from]
  if (text[from] === '>') {
    const inside = element === 'Meta' ? 'None' : element
    return [{ ...startContext, state: contentStates[element], element: inside }, from + 1]
  }
  const end = attributeNameEnd(text, from)
  if (typeof end !== 'number') return end
  if (end === from) {
    const words = `expected space, attr name, or end of tag, but got ${goQuote(text.slice(from))}`
    return textFault(words, text)
  }
  const state = end === text.length ? 'AttrName' : 'AfterName'
  const attribute = attributeKind(text.slice(from, end), element)
  return [{ ...startContext, state, element, attribute }, end]
}

/** The fault where what stands there cannot be in a name. */
function attributeNameEnd(text: string, from: number): number | Transition {
  const name = /[^ \t\n\f\r=>'"<]*/y
  name.lastIndex = from
  name.test(text)
  const next = text[name.lastIndex] ?? ''
  if (!/['"<]/.test(next)) return name.lastIndex
  const shown = [...text].slice(0, 32).join('')
  return textFault(`${goQuote(next)} in attribute name: ${goQuote(shown)}`, text)
}

export function afterAttributeName(context: HtmlContext, text: string): Transition {
  const end = attributeNameEnd(text, 0)
  if (typeof end !== 'number') return end
  return [end === text.length ? context : { ...context, state: 'AfterName' }, end]
}

export function afterName(context: HtmlContext, text: string): Transition {
  const at = blanksEnd(text, 0)
  if (at === text.length) return [context, at]
  if (text[at] !== '=') return [{ ...context, state: 'Tag' }, at]
  return [{ ...context, state: 'BeforeValue' }, at + 1]
}

export function beforeValue(context: HtmlContext, text: string): Transition {
  const at = blanksEnd(text, 0)
  if (at === text.length) return [context, at]
  const state = valueStates[context.attribute]
  if (text[at] === "'") return [{ ...context, state, delimiter: 'SingleQuote' }, at + 1]
  if (text[at] === '"') return [{ ...context, state, delimiter: 'DoubleQuote' }, at + 1]
  return [{ ...context, state, delimiter: 'SpaceOrTagEnd' }, at]
}

export function afterHtmlComment(context: HtmlContext, text: string): Transition {
  const end = text.indexOf('-->')
  return end < 0 ? [context, text.length] : [startContext, end + 3]
}

export function afterUrl(context: HtmlContext, text: string): Transition {
  return [inUrl(context, text), text.length]
}

/** Which part of a URL stands behind the text. */
export function inUrl(context: HtmlContext, text: string): HtmlContext {
  if (/[#?]/.test(text)) return { ...context, urlPart: 'QueryOrFrag' }
  if (context.urlPart !== 'None' || blanksEnd(text, 0) === text.length) return context
  return { ...context, urlPart: 'PreQuery' }
}

export function afterMetaContent(context: HtmlContext, text: string): Transition {
  const url = /url[ \t\n\f\r]*=/i.exec(text)
  if (url === null) return [context, text.length]
  return [{ ...context, state: 'MetaContentURL' }, url.index + url[0].length]
}

export function afterMetaContentUrl(context: HtmlContext, text: string): Transition {
  const end = text.indexOf(';')
  return end < 0 ? [context, text.length] : [{ ...context, state: 'MetaContent' }, end + 1]
}
