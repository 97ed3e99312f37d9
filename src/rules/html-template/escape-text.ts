import { contextAfter, ElementEnds } from './context-after.ts'
import { type HtmlContext, isComment, isScriptLiteral } from './html-context.ts'

export interface EscapedText {
  /** Behind the text. */
  readonly context: HtmlContext
  /** Without comments, and with `&lt;` for what begins no tag; undefined where it is as it was. */
  readonly text: string | undefined
}

/** Reads a piece of a template's own text. */
export function escapeText(given: HtmlContext, text: string): EscapedText {
  const ends = new ElementEnds(text)
  const writer = new TextWriter(text)
  let context = given
  for (let at = 0; at !== text.length; ) {
    const [next, read] = contextAfter(context, text, at, ends)
    writer.write(context, next, at, at + read)
    context = next
    at += read
  }
  return { context, text: context.state === 'Error' ? undefined : writer.end(context) }
}

/** How long the sign is that begins a comment. */
const commentSigns: Readonly<Record<string, number>> = {
  HTMLCmt: 4,
  JSHTMLOpenCmt: 4,
  JSHTMLCloseCmt: 3,
}

class TextWriter {
  readonly #text: string
  #out = ''
  /** Up to there the text is in `out`, or left out. */
  #written = 0

  constructor(text: string) {
    this.#text = text
  }

  /** Takes what stands between two places, in this context and before the next. */
  write(context: HtmlContext, next: HtmlContext, from: number, to: number): void {
    const { state } = context
    if (state === 'Text' || state === 'RCDATA')
      this.#markup(from, this.#markupEnd(context, next, from, to))
    else if (isComment(state) && context.delimiter === 'None') this.#comment(context, to)
    if (state !== next.state && isComment(next.state) && next.delimiter === 'None') {
      this.#copy(to - (commentSigns[next.state] ?? 2))
      this.#written = to
    }
    if (isScriptLiteral(state)) this.#literal(from, to)
  }

  /** Up to the tag or comment that ends it. */
  #markupEnd(context: HtmlContext, next: HtmlContext, from: number, to: number): number {
    if (next.state === context.state || to === from) return to
    const opened = this.#text.lastIndexOf('<', to - 1)
    return opened >= from ? opened : to
  }

  #markup(from: number, to: number): void {
    const text = this.#text
    for (let at = text.indexOf('<', from); at >= 0 && at < to; at = text.indexOf('<', at + 1)) {
      if (/^<!doctype/i.test(text.slice(at, at + 9))) continue
      this.#copy(at)
      this.#out += '&lt;'
      this.#written = at + 1
    }
  }

  /** A comment over several lines parts statements as one line's end does. */
  #comment({ state }: HtmlContext, to: number): void {
    if (state === 'JSBlockCmt') {
      const left = this.#text.slice(this.#written, to)
      this.#out += /[\n\r\u2028\u2029]/.test(left) ? '\n' : ' '
    } else if (state === 'CSSBlockCmt') this.#out += ' '
    this.#written = to
  }

  /** No literal may look like the begin or the end of an element or comment. */
  #literal(from: number, to: number): void {
    const literal = this.#text.slice(from, to)
    const escaped = literal.replace(/<(script|\/script|!--)/giu, '\\x3C$1')
    if (escaped === literal) return
    this.#copy(from)
    this.#out += escaped
    this.#written = to
  }

  #copy(to: number): void {
    this.#out += this.#text.slice(this.#written, to)
  }

  end({ state, delimiter }: HtmlContext): string | undefined {
    if (this.#written === 0) return undefined
    if (!isComment(state) || delimiter !== 'None') this.#copy(this.#text.length)
    return this.#out
  }
}
