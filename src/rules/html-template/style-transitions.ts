import { goQuote } from '../../model/go-quote.ts'
import type { HtmlContext, HtmlState } from './html-context.ts'
import { inUrl, type Transition, textFault } from './markup-transitions.ts'
import { styleText } from './style-text.ts'

export function afterStyle(context: HtmlContext, text: string): Transition {
  const signs = /[("'/]/g
  for (let found = signs.exec(text); found !== null; found = signs.exec(text)) {
    const { index } = found
    const next = text[index + 1]
    switch (found[0]) {
      case '"':
        return [{ ...context, state: 'CSSDqStr' }, index + 1]
      case "'":
        return [{ ...context, state: 'CSSSqStr' }, index + 1]
      case '/':
        if (next === '/') return [{ ...context, state: 'CSSLineCmt' }, index + 2]
        if (next === '*') return [{ ...context, state: 'CSSBlockCmt' }, index + 2]
        break
      default:
        if (endsWithUrl(text, index)) return afterUrlParenthesis(context, text, index + 1)
    }
  }
  return [context, text.length]
}

/** Whether `url` as a word of its own, blanks behind it aside, ends there. */
function endsWithUrl(text: string, end: number): boolean {
  let at = end
  while (at > 0 && /[\t\n\f\r ]/.test(text[at - 1] ?? '')) at--
  if (text.slice(Math.max(at - 3, 0), at).toLowerCase() !== 'url') return false
  return at === 3 || !/[-\w\u0080-\ufffd]/.test(text[at - 4] ?? '')
}

function afterUrlParenthesis(context: HtmlContext, text: string, from: number): Transition {
  const blanks = /[\t\n\f\r ]*/y
  blanks.lastIndex = from
  blanks.test(text)
  const at = blanks.lastIndex
  if (text[at] === '"') return [{ ...context, state: 'CSSDqURL' }, at + 1]
  if (text[at] === "'") return [{ ...context, state: 'CSSSqURL' }, at + 1]
  return [{ ...context, state: 'CSSURL' }, at]
}

const endSigns: Readonly<Partial<Record<HtmlState, RegExp>>> = {
  CSSDqStr: /[\\"]/,
  CSSDqURL: /[\\"]/,
  CSSSqStr: /[\\']/,
  CSSSqURL: /[\\']/,
  CSSURL: /[\\\t\n\f\r )]/,
}

/** Strings and URLs of styles; strings are taken for URLs, too. */
export function afterStyleString(given: HtmlContext, text: string): Transition {
  const sign = endSigns[given.state] ?? /[\\]/
  let context = given
  let from = 0
  for (;;) {
    const found = text.slice(from).search(sign)
    if (found < 0) return [inUrl(context, text.slice(from)), text.length]
    const at = from + found
    if (text[at] !== '\\') return [{ ...context, state: 'CSS' }, at + 1]
    if (at + 1 === text.length) {
      return textFault(`unfinished escape sequence in CSS string: ${goQuote(text)}`, text)
    }
    context = inUrl(context, styleText(text.slice(0, at + 2)))
    from = at + 2
  }
}
