import { posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { insideTable, layerTable, ownedModules, roots } from './layer-table.ts'
import { type ImportFound, importsOf, sourceFile, sourceFilesBelow } from './source-files.ts'

const files = sourceFilesBelow('src')
const imports = files.flatMap(importsOf)

/** The faults of one import, as text; empty when it is allowed. */
function faultsOf(found: ImportFound): readonly string[] {
  const where = `${found.from} imports ${found.specifier}`
  if (!found.specifier.startsWith('.')) return moduleFaults(found, where)
  const target = posix.join(posix.dirname(found.from), found.specifier)
  const [fromLayer, toLayer] = [layerOf(found.from), layerOf(target)]
  if (roots.includes(fromLayer)) return []
  if (fromLayer === toLayer) return insideFaults(found.from, target, where)
  const permission = layerTable[fromLayer]?.[toLayer]
  if (permission === 'all') return []
  if (permission !== undefined && permission !== 'parse' && found.typeOnly) return []
  if (permission?.startsWith('parse') === true && target.startsWith('src/promql/parse/')) return []
  return [
    `${where}: ${fromLayer} may not import ${toLayer}${permission === undefined ? '' : ` (only ${permission})`}`,
  ]
}

function moduleFaults(found: ImportFound, where: string): readonly string[] {
  const owners = ownedModules[found.specifier]
  if (owners === undefined || found.typeOnly) return []
  const path = found.from.slice('src/'.length)
  if (owners.some((owner) => path.startsWith(owner))) return []
  return [`${where}: only ${owners.join(', ') || 'nobody'} may`]
}

function insideFaults(from: string, to: string, where: string): readonly string[] {
  const table = insideTable[layerOf(from)]
  const [fromFolder, toFolder] = [from.split('/')[2] ?? '', to.split('/')[2] ?? '']
  const allowed = table?.[fromFolder]
  if (allowed === undefined || fromFolder === toFolder || !to.split('/').at(3)) return []
  return allowed.includes(toFolder)
    ? []
    : [`${where}: inside a layer, ${fromFolder} may not import ${toFolder}`]
}

function layerOf(path: string): string {
  return path.split('/')[1] ?? ''
}

describe('layers', () => {
  it('every import is one that the table of ARCHITECTURE.md allows', () => {
    expect(files.length).toBeGreaterThan(20)
    expect(imports.flatMap(faultsOf)).toEqual([])
  })

  it('every folder below src is a layer of the table', () => {
    const unknown = files
      .map((file) => layerOf(file.path))
      .filter((layer) => layerTable[layer] === undefined)
    expect([...new Set(unknown)].filter((layer) => !roots.includes(layer))).toEqual([])
  })

  it('no imports run in a circle', () => {
    expect(cyclesAmong(imports)).toEqual([])
  })

  it('relative imports name the file with its ending', () => {
    const bare = imports.filter(
      (found) => found.specifier.startsWith('.') && !/\.(tsx?|json)$/.test(found.specifier),
    )
    expect(bare).toEqual([])
  })

  it('only index.ts re-exports, and no file is a drawer for odds and ends', () => {
    const barrels = files.filter(
      (file) => file.path !== 'src/index.ts' && /^export (\*|\{[^}]*\}) from/m.test(file.text),
    )
    expect(barrels.map((file) => file.path)).toEqual([])
    const drawers = files.filter((file) =>
      /(^|\/)(utils?|helpers?|common|misc|types)\.tsx?$/.test(file.path),
    )
    expect(drawers.map((file) => file.path)).toEqual([])
  })

  it.each([
    ['src/storage/x.ts', `import { a } from '../tsdb/db.ts'`, 'storage may not import tsdb'],
    ['src/api/x.ts', `import { a } from '../promql/exec/operator.ts'`, 'api may not import promql'],
    ['src/api/x.ts', `import { a } from 'fastify'`, 'only api/http-server.ts may'],
    ['src/model/x.ts', `import { readFileSync } from 'node:fs'`, 'only base/node- may'],
    ['src/tsdb/wal/x.ts', `import { a } from '../head/head.ts'`, 'wal may not import head'],
    [
      'src/rules/x.ts',
      `import type { a } from '../promql/exec/operator.ts'`,
      'rules may not import promql',
    ],
  ])('a forbidden import in %s is found: %s', (path, text, fault) => {
    expect(importsOf(sourceFile(path, text)).flatMap(faultsOf).join()).toContain(fault)
  })

  it('a circle is found', () => {
    const pair = [
      sourceFile('src/model/a.ts', `import './b.ts'`),
      sourceFile('src/model/b.ts', `import './a.ts'`),
    ]
    expect(cyclesAmong(pair.flatMap(importsOf))).toHaveLength(1)
  })
})

/** Circles of imports that exist when the program runs (type imports are gone by then). */
function cyclesAmong(found: readonly ImportFound[]): readonly string[] {
  const targets = new Map<string, string[]>()
  for (const { from, specifier, typeOnly } of found) {
    if (typeOnly || !specifier.startsWith('.')) continue
    const list = targets.get(from) ?? []
    list.push(posix.join(posix.dirname(from), specifier))
    targets.set(from, list)
  }
  const cycles: string[] = []
  const done = new Set<string>()
  const walk = (path: string, trail: readonly string[]): void => {
    const seen = trail.indexOf(path)
    if (seen >= 0) cycles.push([...trail.slice(seen), path].join(' -> '))
    if (seen >= 0 || done.has(path)) return
    for (const next of targets.get(path) ?? []) walk(next, [...trail, path])
    done.add(path)
  }
  for (const path of targets.keys()) walk(path, [])
  return cycles
}
