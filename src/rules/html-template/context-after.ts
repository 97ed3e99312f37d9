import { goQuote } from '../../model/go-quote.ts'
import { isScriptType } from './attribute-kinds.ts'
import {
  type Delimiter,
  type HtmlContext,
  type HtmlState,
  isComment,
  isScriptLiteral,
  type SpecialElement,
  startContext,
} from './html-context.ts'
import { withoutEntities } from './html-entities.ts'
import {
  afterAll,
  afterAttributeName,
  afterHtmlComment,
  afterMetaContent,
  afterMetaContentUrl,
  afterName,
  afterTag,
  afterText,
  afterUrl,
  beforeValue,
  type Transition,
  type TransitionFunction,
  textFault,
} from './markup-transitions.ts'
import {
  afterBlockComment,
  afterLineComment,
  afterScript,
  afterScriptLiteral,
  afterTemplateLiteral,
} from './script-transitions.ts'
import { afterStyle, afterStyleString } from './style-transitions.ts'

/** How text is read in each state. */
export const transitions: Readonly<Record<HtmlState, TransitionFunction>> = {
  Text: afterText,
  Tag: afterTag,
  AttrName: afterAttributeName,
  AfterName: afterName,
  BeforeValue: beforeValue,
  HTMLCmt: afterHtmlComment,
  RCDATA: afterAll,
  Attr: afterAll,
  URL: afterUrl,
  Srcset: afterUrl,
  MetaContent: afterMetaContent,
  MetaContentURL: afterMetaContentUrl,
  JS: afterScript,
  JSDqStr: afterScriptLiteral,
  JSSqStr: afterScriptLiteral,
  JSRegexp: afterScriptLiteral,
  JSTmplLit: afterTemplateLiteral,
  JSBlockCmt: afterBlockComment,
  JSLineCmt: afterLineComment,
  JSHTMLOpenCmt: afterLineComment,
  JSHTMLCloseCmt: afterLineComment,
  CSS: afterStyle,
  CSSDqStr: afterStyleString,
  CSSSqStr: afterStyleString,
  CSSDqURL: afterStyleString,
  CSSSqURL: afterStyleString,
  CSSURL: afterStyleString,
  CSSBlockCmt: afterBlockComment,
  CSSLineCmt: afterLineComment,
  Error: afterAll,
  Dead: afterAll,
}

/** What ends a value. */
export const delimiterEnds: Readonly<Record<Exclude<Delimiter, 'None'>, RegExp>> = {
  DoubleQuote: /"/,
  SingleQuote: /'/,
  SpaceOrTagEnd: /[ \t\n\f\r>]/,
}

const elementEnds: Readonly<Record<Exclude<SpecialElement, 'None'>, () => RegExp>> = {
  Script: () => /<\/script[> \t\n\f/]/gi,
  Style: () => /<\/style[> \t\n\f/]/gi,
  Textarea: () => /<\/textarea[> \t\n\f/]/gi,
  Title: () => /<\/title[> \t\n\f/]/gi,
  Meta: () => /<\/[> \t\n\f/]/g,
}

/** Where in a text the elements that are special end; each end is looked for once. */
export class ElementEnds {
  readonly #text: string
  readonly #next = new Map<SpecialElement, number>()

  constructor(text: string) {
    this.#text = text
  }

  /** The first one from there on; the text's own where there is none, or where it does not count. */
  from(at: number, { element, state }: HtmlContext): number {
    const { length } = this.#text
    if (element === 'None') return length
    if (element === 'Script' && (isScriptLiteral(state) || isComment(state))) return length
    const known = this.#next.get(element)
    if (known !== undefined && known >= at) return known
    const ends = elementEnds[element]()
    ends.lastIndex = at
    const found = ends.exec(this.#text)?.index ?? length
    this.#next.set(element, found)
    return found
  }
}

/** Reads some of a template's text from `at` on; `read` may be 0 where an element ends there. */
export function contextAfter(
  context: HtmlContext,
  text: string,
  at: number,
  ends: ElementEnds,
): Transition {
  const { delimiter, state } = context
  if (delimiter !== 'None') return afterValue(context, delimiter, text.slice(at))
  const end = ends.from(at, context)
  if (end === at) return [startContext, 0]
  return transitions[state](context, text.slice(at, end))
}

function afterValue(
  context: HtmlContext,
  delimiter: Exclude<Delimiter, 'None'>,
  text: string,
): Transition {
  const end = text.search(delimiterEnds[delimiter])
  const value = end < 0 ? text : text.slice(0, end)
  if (delimiter === 'SpaceOrTagEnd') {
    const wrong = /["'<=`]/.exec(value)
    if (wrong !== null) {
      const words = `${goQuote(wrong[0])} in unquoted attr: ${goQuote(value)}`
      return textFault(words, text)
    }
  }
  if (end < 0) return [withinValue(context, withoutEntities(text)), text.length]
  const { element, state, attribute } = context
  const isData =
    state === 'Attr' && element === 'Script' && attribute === 'ScriptType' && !isScriptType(value)
  return [
    { ...startContext, state: 'Tag', element: isData ? 'None' : element },
    delimiter === 'SpaceOrTagEnd' ? end : end + 1,
  ]
}

function withinValue(given: HtmlContext, value: string): HtmlContext {
  let context = given
  for (let at = 0; at < value.length; ) {
    const [next, read] = transitions[context.state](context, value.slice(at))
    context = next
    at += read
  }
  return context
}
