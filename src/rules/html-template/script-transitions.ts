import { goQuote } from '../../model/go-quote.ts'
import type { HtmlContext, HtmlState, SlashMeaning } from './html-context.ts'
import { type Transition, textFault } from './markup-transitions.ts'
import { slashAfter } from './slash-meaning.ts'

const quoteStates: Readonly<Record<string, HtmlState>> = {
  '"': 'JSDqStr',
  "'": 'JSSqStr',
  '`': 'JSTmplLit',
}

/** What begins a comment that ends with its line, beside what a slash begins. */
const commentStarts: readonly (readonly [start: string, state: HtmlState])[] = [
  ['<!--', 'JSHTMLOpenCmt'],
  ['-->', 'JSHTMLCloseCmt'],
  ['#!', 'JSLineCmt'],
]

export function afterScript(given: HtmlContext, text: string): Transition {
  const at = text.search(/["`'/{}<\-#]/)
  if (at < 0) return [{ ...given, slash: slashAfter(text, given.slash) }, text.length]
  const context = { ...given, slash: slashAfter(text.slice(0, at), given.slash) }
  const sign = text[at] ?? ''
  const quoted = quoteStates[sign]
  if (quoted !== undefined) return [{ ...context, state: quoted, slash: 'Regexp' }, at + 1]
  if (sign === '/') return afterSlash(context, text, at)
  if (sign === '{' || sign === '}') return [afterBrace(context, sign), at + 1]
  const comment = commentStarts.find(([start]) => text.startsWith(start, at))
  if (comment === undefined) return [context, at + 1]
  const [start, state] = comment
  return [{ ...context, state }, at + start.length]
}

function afterSlash(context: HtmlContext, text: string, at: number): Transition {
  const next = text[at + 1]
  if (next === '/') return [{ ...context, state: 'JSLineCmt' }, at + 2]
  if (next === '*') return [{ ...context, state: 'JSBlockCmt' }, at + 2]
  switch (context.slash) {
    case 'Regexp':
      return [{ ...context, state: 'JSRegexp' }, at + 1]
    case 'DivOp':
      return [{ ...context, slash: 'Regexp' }, at + 1]
    case 'Unknown': {
      const shown = [...text.slice(at)].slice(0, 32).join('')
      return textFault(`'/' could start a division or regexp: ${goQuote(shown)}`, text)
    }
  }
}

/** Only within a `${` do braces count: the one that closes it leads back into the literal. */
function afterBrace(context: HtmlContext, brace: '{' | '}'): HtmlContext {
  const { braces = [] } = context
  const slash: SlashMeaning = 'Regexp'
  const depth = braces.at(-1)
  if (depth === undefined) return { ...context, slash }
  const outer = braces.slice(0, -1)
  if (brace === '{') return { ...context, slash, braces: [...outer, depth + 1] }
  if (depth > 0) return { ...context, slash, braces: [...outer, depth - 1] }
  return { ...context, state: 'JSTmplLit', braces: outer }
}

function unfinishedEscape(text: string): Transition {
  return textFault(`unfinished escape sequence in JS string: ${goQuote(text)}`, text)
}

export function afterTemplateLiteral(context: HtmlContext, text: string): Transition {
  const signs = /[`\\$]/g
  for (let found = signs.exec(text); found !== null; found = signs.exec(text)) {
    const [sign] = found
    const next = found.index + 1
    if (sign === '`') return [{ ...context, state: 'JS' }, next]
    if (sign === '\\') {
      if (next === text.length) return unfinishedEscape(text)
      signs.lastIndex = next + 1
    } else if (text[next] === '{') {
      const braces = [...(context.braces ?? []), 0]
      return [{ ...context, state: 'JS', braces }, next + 1]
    }
  }
  return [context, text.length]
}

/** Strings and regular expressions. */
export function afterScriptLiteral(context: HtmlContext, text: string): Transition {
  const signs = literalSigns(context.state)
  let isInClass = false
  for (let found = signs.exec(text); found !== null; found = signs.exec(text)) {
    const [sign] = found
    const next = found.index + 1
    if (sign === '\\') {
      if (next === text.length) return unfinishedEscape(text)
      signs.lastIndex = next + 1
    } else if (sign === '[') isInClass = true
    else if (sign === ']') isInClass = false
    else if (/^<\/script/i.test(text.slice(found.index - 1, found.index + 7)) && found.index > 0) {
      signs.lastIndex = next + 1
    } else if (!isInClass) return [{ ...context, state: 'JS', slash: 'DivOp' }, next]
  }
  if (!isInClass) return [context, text.length]
  return textFault(`unfinished JS regexp charset: ${goQuote(text)}`, text)
}

function literalSigns(state: HtmlState): RegExp {
  if (state === 'JSRegexp') return /[\\/[\]]/g
  return state === 'JSSqStr' ? /[\\']/g : /[\\"]/g
}

export function afterBlockComment(context: HtmlContext, text: string): Transition {
  const end = text.indexOf('*/')
  if (end < 0) return [context, text.length]
  return [{ ...context, state: context.state === 'JSBlockCmt' ? 'JS' : 'CSS' }, end + 2]
}

/** The end of the line is no part of the comment. */
export function afterLineComment(context: HtmlContext, text: string): Transition {
  const isStyle = context.state === 'CSSLineCmt'
  const end = text.search(isStyle ? /[\n\f\r]/ : /[\n\r\u2028\u2029]/)
  if (end < 0) return [context, text.length]
  return [{ ...context, state: isStyle ? 'CSS' : 'JS' }, end]
}
