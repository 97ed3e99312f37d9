import type { ListNode } from '../template-nodes.ts'
import type { TemplateSource } from '../template-source.ts'

/** A template, and where it stands. */
export interface SourcedTemplate {
  readonly root: ListNode
  readonly source: TemplateSource
}
