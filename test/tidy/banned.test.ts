import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { lineOf, type SourceFile, sourceFile, sourceFilesBelow, visit } from './source-files.ts'

interface Ban {
  readonly what: RegExp
  /** What to use instead. */
  readonly instead: string
  /** Path prefixes that may. */
  readonly except: readonly string[]
  readonly below: readonly string[]
}

const bans: readonly Ban[] = [
  {
    what: /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/,
    instead: 'base/clock.ts',
    except: ['src/base/clock.ts', 'web/'],
    below: ['src/'],
  },
  {
    what: /\bsetTimeout\(|\bsetInterval\(/,
    instead: 'Clock.after and Clock.every',
    except: ['src/base/clock.ts'],
    below: ['src/'],
  },
  {
    what: /\bprocess\.exit\(/,
    instead: 'an exit code that main.ts acts on',
    except: ['src/main.ts'],
    below: ['src/'],
  },
  { what: /\bdns\.lookup\b/, instead: 'the resolver of http/', except: [], below: ['src/'] },
  {
    what: /\bnew RegExp\(/,
    instead: 'model/regex.ts: user patterns run in linear time',
    except: [],
    below: ['src/'],
  },
  {
    what: /\bBig(U?)Int64|\bBigInt\(|\b\d+n\b/,
    instead: 'two 32-bit halves',
    except: [],
    below: ['src/tsdb/', 'src/promql/exec/', 'src/promql/functions/', 'src/scrape/'],
  },
  {
    what: /\bvalues: number\[\]/,
    instead: 'Float64Array, which keeps stale markers',
    except: [],
    below: ['src/tsdb/', 'src/promql/exec/', 'src/scrape/'],
  },
  {
    what: /innerHTML|dangerouslySetInnerHTML|insertAdjacentHTML|document\.write/,
    instead: 'text nodes',
    except: [],
    below: ['src/', 'web/'],
  },
  {
    what: /\bconsole\.(log|info|warn|error|debug)\(/,
    instead: 'the Logger',
    except: ['src/tool/', 'src/main.ts'],
    below: ['src/'],
  },
  {
    what: /\b(TODO|FIXME|XXX|HACK)\b/,
    instead: 'finishing it',
    except: [],
    below: ['src/', 'web/', 'bench/'],
  },
  {
    what: /@ts-(ignore|expect-error|nocheck)/,
    instead: 'a type that holds',
    except: [],
    below: ['src/', 'web/', 'bench/'],
  },
]

const files = ['src', 'web', 'bench'].flatMap(sourceFilesBelow)

describe('what the code does not do', () => {
  it.each(bans)('nothing says $what: use $instead', (ban) => {
    expect(files.flatMap((file) => linesThat(file, ban))).toEqual([])
  })

  it('a type is never forced: no any, no !, no `as` but `as const` and one constructor per brand', () => {
    expect(files.flatMap(forcedTypes)).toEqual([])
  })

  it('no catch swallows what it caught', () => {
    expect(files.flatMap(emptyCatches)).toEqual([])
  })

  it.each([
    ['const a: any = 1', 'any'],
    ['const a = b!', '!'],
    ['const a = b as string', 'as'],
  ])('%s is found', (text, fault) => {
    expect(forcedTypes(sourceFile('src/x.ts', text)).join()).toContain(fault)
  })

  it('an empty catch is found', () => {
    expect(emptyCatches(sourceFile('src/x.ts', 'try { a() } catch {}'))).toHaveLength(1)
  })

  it('a banned call is found', () => {
    const found = bans.flatMap((ban) =>
      linesThat(sourceFile('src/x.ts', 'const t = Date.now()'), ban),
    )
    expect(found).toHaveLength(1)
  })
})

function linesThat(file: SourceFile, ban: Ban): readonly string[] {
  if (!ban.below.some((prefix) => file.path.startsWith(prefix))) return []
  if (ban.except.some((prefix) => file.path.startsWith(prefix))) return []
  return file.text
    .split('\n')
    .map((line, index) => ({ line, where: `${file.path}:${index + 1}` }))
    .filter(
      ({ line }) =>
        ban.what.test(line.replace(/^\s*(\/\/|\*|\/\*).*/, '').replace(/\s\/\/ .*$/, '')) ||
        (ban.instead === 'finishing it' && ban.what.test(line)),
    )
    .map(({ where }) => `${where}: use ${ban.instead}`)
}

function forcedTypes(file: SourceFile): readonly string[] {
  const found: string[] = []
  visit(file.tree, (node) => {
    const where = `${file.path}:${lineOf(file, node)}`
    if (node.kind === ts.SyntaxKind.AnyKeyword) found.push(`${where}: any`)
    if (ts.isNonNullExpression(node)) found.push(`${where}: !`)
    if (ts.isTypeAssertionExpression(node)) found.push(`${where}: <T>`)
    if (
      ts.isAsExpression(node) &&
      node.type.getText(file.tree) !== 'const' &&
      !isBrandConstructor(node)
    ) {
      found.push(`${where}: as ${node.type.getText(file.tree)}`)
    }
  })
  return found
}

/** `export function seriesRef(value: number): SeriesRef { return value as SeriesRef }` and nothing else. */
function isBrandConstructor(node: ts.AsExpression): boolean {
  const statement = node.parent
  const body = statement.parent
  const owner = body?.parent
  return (
    ts.isReturnStatement(statement) &&
    ts.isBlock(body) &&
    ts.isFunctionDeclaration(owner) &&
    owner.type?.getText() === node.type.getText() &&
    owner.name?.text.toLowerCase() === node.type.getText().toLowerCase()
  )
}

function emptyCatches(file: SourceFile): readonly string[] {
  const found: string[] = []
  visit(file.tree, (node) => {
    if (!ts.isCatchClause(node) || node.block.statements.length > 0) return
    found.push(`${file.path}:${lineOf(file, node)}: empty catch`)
  })
  return found
}
