import { sprint } from '../template-format.ts'
import type { TemplateFunction } from '../template-function.ts'
import { type GoValue, SafeHtml } from '../template-values.ts'
import {
  attributeName,
  attributeText,
  bareAttributeText,
  contentText,
  pageText,
} from './markup-escapers.ts'
import { printedText } from './printed-text.ts'
import { scriptRegexText, scriptStringText, templateLiteralText } from './script-escapers.ts'
import { scriptValue } from './script-value.ts'
import { styleStringText, styleValue } from './style-escapers.ts'
import { filteredUrl, normalizedUrl, sourceSet, urlPartText } from './url-escapers.ts'

function escaper(made: (value: GoValue) => string): TemplateFunction {
  return { parameters: [], rest: 'any', call: ([value]) => made(value) }
}

function textEscaper(made: (text: string) => string): TemplateFunction {
  return escaper((value) => made(printedText(value)))
}

/** Takes HTML that is safe for what it is, where the escaper has a way for that. */
function markupEscaper(made: (text: string, isSafe: boolean) => string): TemplateFunction {
  return escaper((value) => made(printedText(value), value instanceof SafeHtml))
}

/** What stands at the end of pipelines that print into a page, by the names that messages show. */
export const escaperFunctions: ReadonlyMap<string, TemplateFunction> = new Map([
  ['_html_template_attrescaper', markupEscaper(attributeText)],
  ['_html_template_commentescaper', escaper(() => '')],
  ['_html_template_cssescaper', textEscaper(styleStringText)],
  ['_html_template_cssvaluefilter', textEscaper(styleValue)],
  ['_html_template_htmlnamefilter', textEscaper(attributeName)],
  ['_html_template_htmlescaper', markupEscaper(pageText)],
  ['_html_template_jsregexpescaper', textEscaper(scriptRegexText)],
  ['_html_template_jsstrescaper', textEscaper(scriptStringText)],
  ['_html_template_jstmpllitescaper', textEscaper(templateLiteralText)],
  ['_html_template_jsvalescaper', escaper(scriptValue)],
  ['_html_template_nospaceescaper', markupEscaper(bareAttributeText)],
  ['_html_template_rcdataescaper', markupEscaper(contentText)],
  ['_html_template_srcsetescaper', textEscaper(sourceSet)],
  ['_html_template_urlescaper', textEscaper(urlPartText)],
  ['_html_template_urlfilter', textEscaper(filteredUrl)],
  ['_html_template_urlnormalizer', textEscaper(normalizedUrl)],
  ['_eval_args_', { parameters: [], rest: 'any', call: evaluated }],
])

function evaluated(values: readonly GoValue[]): GoValue {
  const [only] = values
  return values.length === 1 && typeof only === 'string' ? only : sprint(values)
}
