import type { ActionNode, CallNode, ListNode, TemplateNode, TextNode } from '../template-nodes.ts'
import { guardedPipe } from './guarded-pipe.ts'

/** What is to be changed in trees, by node, so that what they print is safe. */
export class TemplateEdits {
  /** Names of the escapers at the ends of pipelines. */
  readonly actions = new Map<ActionNode, readonly string[]>()
  readonly calls = new Map<CallNode, string>()
  readonly texts = new Map<TextNode, string>()

  takeAll(other: TemplateEdits): void {
    for (const [node, escapers] of other.actions) this.actions.set(node, escapers)
    for (const [node, name] of other.calls) this.calls.set(node, name)
    for (const [node, text] of other.texts) this.texts.set(node, text)
  }

  /** The list with the changes; the same one where there are none in it. */
  applied(list: ListNode): ListNode {
    return mapped(list, (node) => this.#edited(node))
  }

  #edited(node: TemplateNode): TemplateNode {
    switch (node.kind) {
      case 'text': {
        const text = this.texts.get(node)
        return text === undefined ? node : { ...node, text }
      }
      case 'action': {
        const escapers = this.actions.get(node)
        return escapers === undefined ? node : { ...node, pipe: guardedPipe(node.pipe, escapers) }
      }
      case 'template': {
        const name = this.calls.get(node)
        return name === undefined ? node : { ...node, name }
      }
      default:
        return node
    }
  }
}

/** The same list of other nodes, which can be changed without it. */
export function copied(list: ListNode): ListNode {
  return mapped(list, (node) => ({ ...node }))
}

function mapped(list: ListNode, change: (node: TemplateNode) => TemplateNode): ListNode {
  const within = (node: TemplateNode): TemplateNode => {
    const changed = change(node)
    if (changed.kind === 'list') return mapped(changed, change)
    if (changed.kind !== 'if' && changed.kind !== 'with' && changed.kind !== 'range') return changed
    const inner = mapped(changed.list, change)
    const elseList = changed.elseList === undefined ? undefined : mapped(changed.elseList, change)
    if (inner === changed.list && elseList === changed.elseList) return changed
    return { ...changed, list: inner, elseList }
  }
  const nodes = list.nodes.map(within)
  const isSame = nodes.every((node, index) => node === list.nodes[index])
  return isSame ? list : { ...list, nodes }
}
