import { simpleLowerCase } from '../../model/simple-case.ts'
import type { AttributeKind, SpecialElement } from './html-context.ts'

/** `plain` values may come with a name that is computed, too; `unsafe` ones change what others mean. */
export type AttributeContent = 'plain' | 'unsafe' | 'url' | 'css' | 'script' | 'srcset' | 'html'

const namesOf: Readonly<Record<Exclude<AttributeContent, 'script'>, string>> = {
  plain: `accept alt autocomplete autofocus autoplay border checked class cols colspan
    contenteditable contextmenu controls coords datetime default dir dirname disabled draggable
    dropzone for formtarget headers height hidden high hreflang id ismap kind label lang list loop
    low max maxlength media mediagroup min multiple name open optimum placeholder preload pubdate
    radiogroup readonly required reversed rows rowspan spellcheck scope scoped seamless selected
    shape size sizes span srclang start step tabindex target title width wrap`,
  unsafe: `accept-charset async challenge charset content crossorigin defer enctype form formenctype
    formmethod formnovalidate http-equiv keytype language method novalidate pattern rel sandbox type
    value`,
  url: `action archive background cite classid codebase data formaction href icon longdesc manifest
    poster profile src usemap xmlns`,
  css: 'style',
  srcset: 'srcset',
  html: 'srcdoc',
}

const contentOf: ReadonlyMap<string, AttributeContent> = new Map(
  (['plain', 'unsafe', 'url', 'css', 'srcset', 'html'] as const).flatMap((content) =>
    namesOf[content].split(/\s+/).map((name) => [name, content] as const),
  ),
)

/** What an attribute with this name, in lower case, holds: rather more dangerous than less. */
export function attributeContent(name: string): AttributeContent {
  const colon = name.indexOf(':')
  let known = name
  if (name.startsWith('data-')) known = name.slice('data-'.length)
  else if (colon >= 0) {
    if (name.slice(0, colon) === 'xmlns') return 'url'
    known = name.slice(colon + 1)
  }
  const content = contentOf.get(known)
  if (content !== undefined) return content
  if (known.startsWith('on')) return 'script'
  return /src|uri|url/.test(known) ? 'url' : 'plain'
}

const kindOf: Readonly<Record<AttributeContent, AttributeKind>> = {
  plain: 'None',
  unsafe: 'None',
  html: 'None',
  url: 'URL',
  css: 'Style',
  script: 'Script',
  srcset: 'Srcset',
}

export function attributeKind(name: string, element: SpecialElement): AttributeKind {
  const lower = simpleLowerCase(name)
  if (element === 'Script' && lower === 'type') return 'ScriptType'
  if (element === 'Meta' && lower === 'content') return 'MetaContent'
  return kindOf[attributeContent(lower)]
}

const scriptTypes: ReadonlySet<string> = new Set([
  '',
  ...['ecmascript', 'javascript', 'json', 'ld+json', 'x-ecmascript', 'x-javascript'].map(
    (type) => `application/${type}`,
  ),
  'module',
  ...['', '1.0', '1.1', '1.2', '1.3', '1.4', '1.5'].map((version) => `text/javascript${version}`),
  ...['ecmascript', 'jscript', 'livescript', 'x-ecmascript', 'x-javascript'].map(
    (type) => `text/${type}`,
  ),
])

/** Whether a script element of this type holds a script, or data that is read as one. */
export function isScriptType(type: string): boolean {
  const [essence = ''] = type.split(';', 1)
  return scriptTypes.has(simpleLowerCase(essence).trim())
}
