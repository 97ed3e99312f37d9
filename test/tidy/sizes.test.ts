import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { lineOf, type SourceFile, sourceFile, sourceFilesBelow, visit } from './source-files.ts'

/** Lines and columns; tables of data are exempt by name. */
const budget = {
  fileLinesMax: 500,
  functionLinesMax: 70,
  functionLinesP90: 40,
  fileMedianMax: 180,
  columns: 100,
}
const dataTables: readonly string[] = []

const files = ['src', 'web', 'bench'].flatMap(sourceFilesBelow)
const sources = files.filter((file) => file.path.startsWith('src/'))

describe('sizes', () => {
  it('no file is longer than its budget', () => {
    const long = files.filter(
      (file) => lines(file) > budget.fileLinesMax && !dataTables.includes(file.path),
    )
    expect(long.map((file) => `${file.path}: ${lines(file)} lines`)).toEqual([])
  })

  it('no function is longer than its budget', () => {
    const long = files.flatMap(functionsOf).filter((found) => found.lines > budget.functionLinesMax)
    expect(long.map((found) => `${found.where}: ${found.lines} lines`)).toEqual([])
  })

  it('most files and functions are small', () => {
    const functions = sources.flatMap(functionsOf).map((found) => found.lines)
    const report = {
      files: sources.length,
      fileMedian: quantile(sources.map(lines), 0.5),
      fileP90: quantile(sources.map(lines), 0.9),
      functions: functions.length,
      functionMedian: quantile(functions, 0.5),
      functionP90: quantile(functions, 0.9),
    }
    console.table([report])
    expect(report.fileMedian).toBeLessThanOrEqual(budget.fileMedianMax)
    expect(report.functionP90).toBeLessThanOrEqual(budget.functionLinesP90)
  })

  it('a function over the budget is found', () => {
    const body = 'work()\n'.repeat(budget.functionLinesMax)
    const [found] = functionsOf(sourceFile('src/x.ts', `function long() {\n${body}}`))
    expect(found).toEqual({ where: 'src/x.ts:1', lines: budget.functionLinesMax + 2 })
  })
})

interface FunctionFound {
  readonly where: string
  readonly lines: number
}

function functionsOf(file: SourceFile): readonly FunctionFound[] {
  const found: FunctionFound[] = []
  visit(file.tree, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return
    const first = lineOf(file, node)
    const last = file.tree.getLineAndCharacterOfPosition(node.getEnd()).line + 1
    found.push({ where: `${file.path}:${first}`, lines: last - first + 1 })
  })
  return found
}

function lines(file: SourceFile): number {
  return file.text.split('\n').length - 1
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) * share)] ?? 0
}
