import { limits } from '../base/limits.ts'
import type { Located } from './field-reader.ts'
import { ConfigProblem, type TypeFault } from './problem.ts'
import type { YamlNode } from './yaml-node.ts'

/** Upstream checks what needs the whole document in this order of its sections. */
const checkedSections = [
  'rule_files',
  'scrape_config_files',
  'scrape_configs',
  'alerting',
  'remote_write',
  'remote_read',
  'otlp',
]

/**
 * What `read` makes of a document. Where it throws ConfigProblem it is run again without what was
 * wrong, until nothing is, and the problem that is thrown is the one that Go's decoder tells: the
 * first check that fails of a section whose own types and keys are well, else all wrong types and
 * unknown keys, in the order of the document.
 */
export function readPastFaults<T>(document: Located, read: (document: Located) => T): T {
  try {
    return read(document)
  } catch (thrown) {
    if (!(thrown instanceof ConfigProblem)) throw thrown
    throw toldProblem(document, read) ?? thrown
  }
}

function toldProblem<T>(
  document: Located,
  read: (document: Located) => T,
): ConfigProblem | undefined {
  const places = new NodePlaces()
  let node: YamlNode | undefined = places.unshared(document.node)
  const reads = Math.max(2, Math.floor(limits.configRereadNodesMax / places.size))
  const problems: ConfigProblem[] = []
  for (let count = 0; count < reads && node !== undefined; count++) {
    const problem = problemOf(() => read({ ...document, node: node ?? document.node }))
    if (problem === undefined) break
    problems.push(problem)
    const wrong = new Set(problem.types?.map((fault) => fault.node) ?? [problem.node])
    const rest = places.without(node, wrong)
    node = rest === node ? undefined : rest
  }
  return firstFailedCheck(problems, places) ?? allTypeFaults(problems, places)
}

/** Other errors end the reading too: they are told once the file has no faults of its own. */
function problemOf(read: () => unknown): ConfigProblem | undefined {
  try {
    read()
    return undefined
  } catch (thrown) {
    return thrown instanceof ConfigProblem ? thrown : undefined
  }
}

function firstFailedCheck(
  problems: readonly ConfigProblem[],
  places: NodePlaces,
): ConfigProblem | undefined {
  const wrong = typeFaultsOf(problems)
  const order = (problem: ConfigProblem) => {
    if (!problem.isOfDocument) return places.endOf(problem.node)
    const section = checkedSections.indexOf(sectionOf(problem))
    return places.size * 2 * (section + 2) + places.startOf(problem.node)
  }
  const isRun = (problem: ConfigProblem) =>
    problem.isOfDocument
      ? wrong.length === 0
      : !wrong.some(({ node }) => places.contains(problem.node, node))
  return problems
    .filter((problem) => problem.types === undefined && isRun(problem))
    .sort((a, b) => order(a) - order(b))[0]
}

function sectionOf({ place }: ConfigProblem): string {
  return /^[^.[]*/.exec(place?.path ?? '')?.[0] ?? ''
}

function allTypeFaults(
  problems: readonly ConfigProblem[],
  places: NodePlaces,
): ConfigProblem | undefined {
  const faults = typeFaultsOf(problems).sort(
    (a, b) => places.startOf(a.node) - places.startOf(b.node),
  )
  const first = problems.find((problem) => problem.types?.some((fault) => fault === faults[0]))
  return first === undefined ? undefined : ConfigProblem.ofTypes(faults, first.place)
}

function typeFaultsOf(problems: readonly ConfigProblem[]): TypeFault[] {
  return problems.flatMap(({ types }) => types ?? [])
}

/** The node with what `made` makes of its keys, values and items; itself where that changes none. */
function mapNodes(node: YamlNode, made: (child: YamlNode) => YamlNode | undefined): YamlNode {
  if (node.kind === 'list') {
    const items = node.items.map(made)
    const isSame = items.every((item, index) => item === node.items[index])
    return isSame ? node : { ...node, items: items.filter((item) => item !== undefined) }
  }
  if (node.kind === 'scalar') return node
  const entries = node.entries.map((entry) => {
    const key = made(entry.key)
    const value = made(entry.value)
    if (key === entry.key && value === entry.value) return entry
    return key?.kind === 'scalar' && value !== undefined ? { ...entry, key, value } : undefined
  })
  const isSame = entries.every((entry, index) => entry === node.entries[index])
  return isSame ? node : { ...node, entries: entries.filter((entry) => entry !== undefined) }
}

/** Where the nodes of a document stand in it, those of its pruned copies too. */
class NodePlaces {
  readonly #starts = new Map<YamlNode, number>()
  readonly #ends = new Map<YamlNode, number>()
  size = 0
  #next = 0

  /** A copy in which every use of an anchor has nodes of its own. */
  unshared(node: YamlNode): YamlNode {
    const start = this.#next++
    this.size++
    const made = mapNodes(node, (child) => this.unshared(child))
    const copy = made === node ? { ...node } : made
    this.#note(copy, start, this.#next++)
    return copy
  }

  /** The document without these nodes, as keys, values or items; itself where it has none of them. */
  without(node: YamlNode, gone: ReadonlySet<YamlNode | undefined>): YamlNode | undefined {
    if (gone.has(node)) return undefined
    const rest = mapNodes(node, (child) => this.without(child, gone))
    if (rest !== node) this.#note(rest, this.startOf(node), this.endOf(node))
    return rest
  }

  /** Of a section that is not in the document: behind all of it, and so is its end. */
  startOf(node: YamlNode | undefined): number {
    return (node === undefined ? undefined : this.#starts.get(node)) ?? this.#next
  }

  endOf(node: YamlNode | undefined): number {
    return (node === undefined ? undefined : this.#ends.get(node)) ?? this.#next
  }

  contains(outer: YamlNode | undefined, inner: YamlNode): boolean {
    const start = this.startOf(inner)
    return this.startOf(outer) <= start && start < this.endOf(outer)
  }

  #note(node: YamlNode, start: number, end: number): void {
    this.#starts.set(node, start)
    this.#ends.set(node, end)
  }
}
