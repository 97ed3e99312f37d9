import { delimiterEnds, ElementEnds, transitions } from './context-after.ts'
import { type HtmlContext, isInTag, startContext } from './html-context.ts'
import type { Transition } from './markup-transitions.ts'

/** The text of a piece of HTML: its tags and comments are left out, its entities stay. */
export function withoutTags(html: string): string {
  const ends = new ElementEnds(html)
  let context = startContext
  let text = ''
  let isAllText = true
  let at = 0
  while (at < html.length) {
    const [next, read] = afterMarkup(context, html, at, ends)
    if (read < 0) break
    if (isText(context)) text += html.slice(at, textEnd(html, at, at + read, next, context))
    else if (context.delimiter === 'None') isAllText = false
    context = next
    at += read
  }
  if (isAllText) return html
  return isText(context) ? text + html.slice(at) : text
}

function isText({ state }: HtmlContext): boolean {
  return state === 'Text' || state === 'RCDATA'
}

/** Values are passed over; what scripts and styles hold is taken for text up to the element's end. */
function afterMarkup(
  context: HtmlContext,
  html: string,
  at: number,
  ends: ElementEnds,
): Transition {
  const { delimiter, element, state } = context
  if (delimiter !== 'None') {
    const end = html.slice(at).search(delimiterEnds[delimiter])
    const read = delimiter === 'SpaceOrTagEnd' || end < 0 ? end : end + 1
    return [{ ...startContext, state: 'Tag', element }, read]
  }
  if (element === 'None' || isInTag(state)) return transitions[state](context, html.slice(at))
  const end = ends.from(at, context)
  return [end === html.length ? context : startContext, end - at]
}

/** Up to the tag or comment that ends it. */
function textEnd(
  html: string,
  from: number,
  to: number,
  next: HtmlContext,
  { state }: HtmlContext,
): number {
  if (next.state === state || to === from) return to
  const opened = html.lastIndexOf('<', to - 1)
  return opened >= from ? opened : to
}
