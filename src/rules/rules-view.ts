import type { Group } from './group.ts'

/** What the API sees of rules. */
export interface RulesView {
  /** By file, then name. */
  groups(): readonly Group[]
  alertmanagers(): {
    readonly activeUrls: readonly string[]
    readonly droppedUrls: readonly string[]
  }
}
