import {
  contextText,
  faultContext,
  type HtmlContext,
  isSameContext,
  valueStates,
} from './html-context.ts'

/** Where what an action prints begins: in a tag a name, behind an equals sign a value. */
export function nudged(context: HtmlContext): HtmlContext {
  switch (context.state) {
    case 'Tag':
      return { ...context, state: 'AttrName' }
    case 'BeforeValue': {
      const state = valueStates[context.attribute]
      return { ...context, state, delimiter: 'SpaceOrTagEnd', attribute: 'None' }
    }
    case 'AfterName':
      return { ...context, state: 'AttrName', attribute: 'None' }
    default:
      return context
  }
}

/** What holds behind both branches; a fault where nothing does. */
export function joined(
  a: HtmlContext,
  b: HtmlContext,
  branch: { readonly kind: string; readonly place: () => string },
): HtmlContext {
  if (a.state === 'Error' || b.state === 'Error') return a.state === 'Error' ? a : b
  if (a.state === 'Dead' || b.state === 'Dead') return a.state === 'Dead' ? b : a
  if (isSameContext(a, b)) return a
  if (isSameContext({ ...a, urlPart: b.urlPart }, b)) return { ...a, urlPart: 'Unknown' }
  if (isSameContext({ ...a, slash: b.slash }, b)) return { ...a, slash: 'Unknown' }
  const [nudgedA, nudgedB] = [nudged(a), nudged(b)]
  if (!isSameContext(nudgedA, a) || !isSameContext(nudgedB, b)) {
    const context = joined(nudgedA, nudgedB, branch)
    if (context.state !== 'Error') return context
  }
  const contexts = `${contextText(a)}, ${contextText(b)}`
  const description = `{{${branch.kind}}} branches end in different contexts: ${contexts}`
  return faultContext({ description, place: branch.place() })
}

/** Says of a fault what it is within. */
export function tellFault({ fault }: HtmlContext, where: string, line: number): void {
  if (fault === undefined) return
  fault.description = `${where}: ${fault.description}`
  fault.line = line
}
