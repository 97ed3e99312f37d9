import { ConfigProblem } from './problem.ts'
import type { YamlEntry, YamlMap, YamlNode } from './yaml-node.ts'

/**
 * What a merge key does: the newer of upstream's decoders keeps what its mapping says itself, the
 * older one takes own and merged keys as they stand, of which the later counts.
 */
export type YamlMerging = 'own-first' | 'in-order'

/** Own entries, and mappings that a merge key stands for. */
export type MappingPart = YamlEntry | readonly YamlMap[]

export function mergedEntries(
  parts: readonly MappingPart[],
  merging: YamlMerging,
): readonly YamlEntry[] {
  return merging === 'in-order' ? entriesInOrder(parts) : entriesOwnFirst(parts)
}

function entriesOwnFirst(parts: readonly MappingPart[]): readonly YamlEntry[] {
  const entries = parts.filter((part) => 'key' in part)
  const known = new Set(entries.map(({ key }) => key.text))
  for (const { entries: merged } of parts.flatMap((part) => ('key' in part ? [] : part))) {
    for (const entry of merged) {
      if (known.has(entry.key.text)) continue
      known.add(entry.key.text)
      entries.push(entry)
    }
  }
  return entries
}

/** Of several mappings of one merge key the first is taken last. */
function entriesInOrder(parts: readonly MappingPart[]): readonly YamlEntry[] {
  const entries: YamlEntry[] = []
  let owners = 1
  for (const part of parts) {
    if ('key' in part) {
      entries.push(part)
      continue
    }
    for (const { entries: merged } of [...part].reverse()) {
      const before = owners
      for (const entry of merged) {
        const owner = before + entry.owner
        entries.push({ ...entry, owner })
        owners = Math.max(owners, owner + 1)
      }
    }
  }
  return entries
}

/** What a merge key may have as its value. Throws ConfigProblem. */
export function mergedMaps(value: YamlNode): readonly YamlMap[] {
  if (value.kind === 'map') return [value]
  if (value.kind === 'list') {
    const maps = value.items.filter((item) => item.kind === 'map')
    if (maps.length === value.items.length) return maps
  }
  throw new ConfigProblem('yaml: map merge requires map or sequence of maps as the value', {
    line: value.line,
    path: '',
  })
}

/** Sections of which upstream's decoder forgets what it read when they come once more. */
const begunAnew: ReadonlySet<string> = new Set([
  'global',
  'alerting',
  'tsdb',
  'retention',
  'tracing',
  'otlp',
  'sigv4',
  'azuread',
  'http_headers',
  'external_labels',
])

/**
 * What a field is that merge keys bring several times, in the order in which they count: mappings
 * are filled further, of anything else the last one counts.
 */
export function mergedField(name: string, values: readonly YamlNode[]): YamlNode | undefined {
  const last = values.at(-1)
  if (last?.kind !== 'map' || begunAnew.has(name)) return last
  const from = values.findLastIndex(({ kind }) => kind !== 'map') + 1
  const maps = values.slice(from).filter((value) => value.kind === 'map')
  if (maps.length === 1) return last
  let owners = 0
  const entries = maps.flatMap((map) => {
    const before = owners
    return map.entries.map((entry) => {
      const owner = before + entry.owner
      owners = Math.max(owners, owner + 1)
      return { ...entry, owner }
    })
  })
  return { ...last, entries, duplicates: maps.flatMap(({ duplicates }) => duplicates) }
}
