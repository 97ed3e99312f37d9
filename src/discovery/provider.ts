import type { DiscoveryConfig } from '../config/discovery-config.ts'
import type { Discoverer, TargetGroup } from './discoverer.ts'

/** A running discoverer with the last good group of each of its sources. */
export class Provider {
  readonly #groups = new Map<string, TargetGroup>()
  /** For each job the groups of the discoverer that this one replaced, until it has an answer. */
  readonly #inherited = new Map<string, readonly TargetGroup[]>()

  constructor(
    readonly config: DiscoveryConfig,
    readonly discoverer: Discoverer,
  ) {}

  take(groups: readonly TargetGroup[]): void {
    this.#inherited.clear()
    for (const group of groups) {
      if (group.targets.length === 0) this.#groups.delete(group.source)
      else this.#groups.set(group.source, group)
    }
  }

  groupsFor(job: string): readonly TargetGroup[] {
    return this.#inherited.get(job) ?? [...this.#groups.values()]
  }

  inherit(job: string, groups: readonly TargetGroup[]): void {
    this.#inherited.set(job, groups)
  }

  /** Answers whether there was anything that this takes away. */
  forgetInherited(): boolean {
    const isAny = this.#inherited.size > 0
    this.#inherited.clear()
    return isAny
  }
}

/**
 * Which discoverer of a job takes the place of which, pure: those of before that are gone and those
 * that are new, of one mechanism each, in their order in the configuration.
 */
export function replacements(
  before: readonly Provider[],
  now: readonly Provider[],
): readonly (readonly [Provider, Provider])[] {
  const gone = before.filter((provider) => !now.includes(provider))
  const pairs: (readonly [Provider, Provider])[] = []
  for (const provider of now) {
    if (before.includes(provider)) continue
    const index = gone.findIndex(({ config }) => config.mechanism === provider.config.mechanism)
    const [old] = index < 0 ? [] : gone.splice(index, 1)
    if (old !== undefined) pairs.push([old, provider])
  }
  return pairs
}
