import { type HtmlContext, isComment } from './html-context.ts'

/** Escapers for what an action prints there; undefined where which part of a URL it is depends. */
export function escapersAt(context: HtmlContext): readonly string[] | undefined {
  const inner = innerEscapers(context)
  if (inner === undefined || context.delimiter === 'None') return inner
  const isBare = context.delimiter === 'SpaceOrTagEnd'
  return [...inner, isBare ? '_html_template_nospaceescaper' : '_html_template_attrescaper']
}

function innerEscapers(context: HtmlContext): readonly string[] | undefined {
  const { state } = context
  switch (state) {
    case 'URL':
    case 'CSSDqStr':
    case 'CSSSqStr':
    case 'CSSDqURL':
    case 'CSSSqURL':
    case 'CSSURL':
      return urlEscapers(context)
    case 'MetaContentURL':
      return ['_html_template_urlfilter']
    case 'JS':
      return ['_html_template_jsvalescaper']
    case 'JSDqStr':
    case 'JSSqStr':
      return ['_html_template_jsstrescaper']
    case 'JSTmplLit':
      return ['_html_template_jstmpllitescaper']
    case 'JSRegexp':
      return ['_html_template_jsregexpescaper']
    case 'CSS':
      return ['_html_template_cssvaluefilter']
    case 'Text':
      return ['_html_template_htmlescaper']
    case 'RCDATA':
      return ['_html_template_rcdataescaper']
    case 'AttrName':
      return ['_html_template_htmlnamefilter']
    case 'Srcset':
      return ['_html_template_srcsetescaper']
    default:
      return isComment(state) ? ['_html_template_commentescaper'] : []
  }
}

function urlEscapers({ state, urlPart }: HtmlContext): readonly string[] | undefined {
  const isStyleString = state === 'CSSDqStr' || state === 'CSSSqStr'
  const normalizer = isStyleString ? '_html_template_cssescaper' : '_html_template_urlnormalizer'
  switch (urlPart) {
    case 'None':
      return ['_html_template_urlfilter', normalizer]
    case 'PreQuery':
      return [normalizer]
    case 'QueryOrFrag':
      return ['_html_template_urlescaper']
    case 'Unknown':
      return undefined
  }
}
