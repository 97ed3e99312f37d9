/** Where a place of a template stands in HTML; the names are those that Go's messages show. */
export type HtmlState =
  | 'Text'
  | 'Tag'
  | 'AttrName'
  | 'AfterName'
  | 'BeforeValue'
  | 'HTMLCmt'
  | 'RCDATA'
  | 'Attr'
  | 'URL'
  | 'Srcset'
  | 'MetaContent'
  | 'MetaContentURL'
  | 'JS'
  | 'JSDqStr'
  | 'JSSqStr'
  | 'JSTmplLit'
  | 'JSRegexp'
  | 'JSBlockCmt'
  | 'JSLineCmt'
  | 'JSHTMLOpenCmt'
  | 'JSHTMLCloseCmt'
  | 'CSS'
  | 'CSSDqStr'
  | 'CSSSqStr'
  | 'CSSDqURL'
  | 'CSSSqURL'
  | 'CSSURL'
  | 'CSSBlockCmt'
  | 'CSSLineCmt'
  | 'Error'
  /** Behind a break or continue. */
  | 'Dead'

/** What ends the value of the attribute. */
export type Delimiter = 'None' | 'DoubleQuote' | 'SingleQuote' | 'SpaceOrTagEnd'

export type UrlPart = 'None' | 'PreQuery' | 'QueryOrFrag' | 'Unknown'

/** What a slash in a script begins. */
export type SlashMeaning = 'Regexp' | 'DivOp' | 'Unknown'

/** What the value of the attribute is. */
export type AttributeKind =
  | 'None'
  | 'Script'
  | 'ScriptType'
  | 'Style'
  | 'URL'
  | 'Srcset'
  | 'MetaContent'

/** Elements whose content or attributes are read in a way of their own. */
export type SpecialElement = 'None' | 'Script' | 'Style' | 'Textarea' | 'Title' | 'Meta'

/** Why a template cannot be escaped; on its way out it is told what it is within. */
export interface EscapeFault {
  description: string
  /** Where the node stands that is to blame: name, line and column; undefined where no node is. */
  readonly place?: string
  line?: number
}

export interface HtmlContext {
  readonly state: HtmlState
  readonly delimiter: Delimiter
  readonly urlPart: UrlPart
  readonly slash: SlashMeaning
  /** Open braces within each `${` of nested template literals; undefined before the first one. */
  readonly braces: readonly number[] | undefined
  readonly attribute: AttributeKind
  readonly element: SpecialElement
  readonly fault: EscapeFault | undefined
}

/** The text of a page. */
export const startContext: HtmlContext = {
  state: 'Text',
  delimiter: 'None',
  urlPart: 'None',
  slash: 'Regexp',
  braces: undefined,
  attribute: 'None',
  element: 'None',
  fault: undefined,
}

export function faultContext(fault: EscapeFault): HtmlContext {
  return { ...startContext, state: 'Error', fault }
}

export function isSameContext(a: HtmlContext, b: HtmlContext): boolean {
  return (
    a.state === b.state &&
    a.delimiter === b.delimiter &&
    a.urlPart === b.urlPart &&
    a.slash === b.slash &&
    (a.braces ?? []).join() === (b.braces ?? []).join() &&
    a.attribute === b.attribute &&
    a.element === b.element &&
    a.fault === b.fault
  )
}

/** As messages show it. */
export function contextText(context: HtmlContext): string {
  const { state, delimiter, urlPart, slash, braces = [], attribute, element } = context
  const parts = [
    `state${state}`,
    `delim${delimiter}`,
    `urlPart${urlPart}`,
    `jsCtx${slash}`,
    `[${braces.join(' ')}]`,
    `attr${attribute}`,
    `element${element}`,
    '<nil>',
  ]
  return `{${parts.join(' ')}}`
}

/** The name of a template as it is called at such a place; messages of a run show it. */
export function nameWithin(name: string, context: HtmlContext): string {
  const { state, delimiter, urlPart, slash, braces, attribute, element } = context
  if (state === 'Text') return name
  const parts = [`${name}$htmltemplate_state${state}`]
  if (delimiter !== 'None') parts.push(`delim${delimiter}`)
  if (urlPart !== 'None') parts.push(`urlPart${urlPart}`)
  if (slash !== 'Regexp') parts.push(`jsCtx${slash}`)
  if (braces !== undefined) parts.push(`jsBraceDepth([${braces.join(' ')}])`)
  if (attribute !== 'None') parts.push(`attr${attribute}`)
  if (element !== 'None') parts.push(`element${element}`)
  return parts.join('_')
}

const commentStates: ReadonlySet<HtmlState> = new Set([
  'HTMLCmt',
  'JSBlockCmt',
  'JSLineCmt',
  'JSHTMLOpenCmt',
  'JSHTMLCloseCmt',
  'CSSBlockCmt',
  'CSSLineCmt',
])

export function isComment(state: HtmlState): boolean {
  return commentStates.has(state)
}

const tagStates: ReadonlySet<HtmlState> = new Set([
  'Tag',
  'AttrName',
  'AfterName',
  'BeforeValue',
  'Attr',
])

export function isInTag(state: HtmlState): boolean {
  return tagStates.has(state)
}

const literalStates: ReadonlySet<HtmlState> = new Set([
  'JSDqStr',
  'JSSqStr',
  'JSTmplLit',
  'JSRegexp',
])

/** Where `</script` is part of a literal of the script. */
export function isScriptLiteral(state: HtmlState): boolean {
  return literalStates.has(state)
}

/** What the value of an attribute of each kind begins in. */
export const valueStates: Readonly<Record<AttributeKind, HtmlState>> = {
  None: 'Attr',
  Script: 'JS',
  ScriptType: 'Attr',
  Style: 'CSS',
  URL: 'URL',
  Srcset: 'Srcset',
  MetaContent: 'MetaContent',
}
