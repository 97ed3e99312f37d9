import type { LabelSet } from '../series/labels.ts'

/** Of /api/v1/targets: labels as they were found, and how many each pool has dropped, kept or not. */
export interface DroppedTargetsData {
  readonly droppedTargets: readonly {
    readonly discoveredLabels: LabelSet
    readonly scrapePool: string
  }[]
  readonly droppedTargetCounts: Readonly<Record<string, number>>
}

export interface DroppedPool {
  readonly name: string
  readonly count: number
  /** Those that are asked for, of those that the server keeps. */
  readonly found: readonly LabelSet[]
}

/** Pools that have dropped targets in which every word of the search occurs, by name. */
export function droppedPoolsOf(data: DroppedTargetsData, search: string): readonly DroppedPool[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  return Object.entries(data.droppedTargetCounts)
    .map(([name, count]) => {
      const found = data.droppedTargets
        .filter(({ scrapePool }) => scrapePool === name)
        .map(({ discoveredLabels }) => discoveredLabels)
        .filter((labels) => matches(labels, words))
      return { name, count, found }
    })
    .filter(({ count, found }) => (words.length === 0 ? count > 0 : found.length > 0))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function matches(labels: LabelSet, words: readonly string[]): boolean {
  const text = Object.entries(labels).map(([name, value]) => `${name}="${value}"`)
  const all = text.join('\n').toLowerCase()
  return words.every((word) => all.includes(word))
}
