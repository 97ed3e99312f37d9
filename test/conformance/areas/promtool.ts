import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { readGroupsOfFile } from '../../../src/discovery/target-group-file.ts'
import { open } from '../../../src/library/open.ts'
import { goG } from '../../../src/model/float-text.ts'
import { defaultParseOptions } from '../../../src/promql/parse/parse-options.ts'
import { parseRuleFile } from '../../../src/rules/rule-file.ts'
import { duplicateRulesText } from '../../../src/tool/rule-lint.ts'
import { type AtEnd, temporaryDirectory } from '../../support/temporary-directory.ts'
import {
  checkMetricsTool,
  checkRulesTool,
  checkTool,
  queryTool,
  testTool,
  tsdbTool,
} from '../../tool/tsdb-tool.ts'
import type { Area, CaseResult } from '../area.ts'
import { caseFile, difference } from '../case-file.ts'

interface ToolCase {
  readonly command: string
  readonly name: string
  readonly files: readonly string[]
  readonly exit_ok?: boolean
  readonly exit_code?: number
  readonly ok?: boolean
  readonly engine_options?: {
    readonly at_modifier?: boolean
    readonly negative_offset?: boolean
  }
  readonly run?: readonly string[]
  readonly ignore_unknown_fields?: boolean
  readonly via?: 'stdin' | 'file'
  readonly lint?: string
  readonly lint_fatal?: boolean
  readonly syntax_only?: boolean
  readonly error?: string
  readonly error_contains?: string
  readonly exit_code_with_lint_fatal?: number
  readonly stdin?: string
  readonly extended?: boolean
  readonly stderr_names_metric?: boolean
  readonly stdout_has_Cardinality?: boolean
  readonly total?: number
  readonly stats?: readonly {
    readonly name: string
    readonly cardinality: number
    readonly percentage: number
  }[]
  readonly load?: string
  readonly match?: readonly string[]
  readonly min_time?: number
  readonly max_time?: number
  readonly expected_samples?: string
  readonly expected_series?: string
  readonly args?: Readonly<Record<string, string>>
  readonly requests_path?: string
  readonly form?: Readonly<Record<string, string>>
}

interface BackfillCase {
  readonly name: string
  readonly openmetrics: string
  readonly ok: boolean
  readonly labels?: Readonly<Record<string, string>>
  readonly max_block_duration_ms?: number
  readonly expected?: { readonly blocks: number; readonly samples: readonly BackfillSample[] }
}

interface BackfillSample {
  readonly timestamp_ms: number
  readonly value: number
  readonly labels: Readonly<Record<string, string>>
}

type Check = (one: ToolCase, directory: string, atEnd: AtEnd) => Promise<string | undefined>

const checks: Readonly<Record<string, Check>> = {
  'test rules': testRules,
  'check rules': checkRules,
  'check rules (duplicates)': async ({ files }, directory) => {
    const options = { nameScheme: 'utf8', language: defaultParseOptions } as const
    const found = parseRuleFile(readFileSync(join(directory, files[0] ?? ''), 'utf8'), options)
    return found.ok ? duplicateRulesText(found.groups) : found.errors.join('\n')
  },
  'check service-discovery-file (library)': async ({ files, ok, error }, directory) => {
    const [file = ''] = files
    try {
      const path = join(directory, file)
      const groups = readGroupsOfFile(readFileSync(path, 'utf8'), path)
      return ok === true && groups.length > 0 ? undefined : 'took it'
    } catch (thrown) {
      if (ok === true || !(thrown instanceof Error)) throw thrown
      return difference(thrown.message, error)
    }
  },
  'check config': checkConfig,
  'check metrics': checkMetrics,
  'check metrics --extended': checkCardinality,
  'tsdb dump': dump,
  'tsdb dump-openmetrics': dump,
  'query range': query,
  'query instant': query,
}

/** The command line beside promtool's own tests. */
export const promtool: Area = {
  async run(directory) {
    const cleanings: (() => void | Promise<void>)[] = []
    const atEnd: AtEnd = (clean) => cleanings.push(clean)
    const results: CaseResult[] = []
    const { cases } = caseFile<ToolCase>(directory, 'manifest.json')
    for (const [index, one] of cases.entries()) {
      const name = `manifest.json ${index}: ${one.command}, ${one.name}`
      const check = checks[one.command]
      results.push(
        await result(name, async () =>
          check === undefined ? 'nothing runs it yet' : await check(one, directory, atEnd),
        ),
      )
    }
    for (const [index, one] of caseFile<BackfillCase>(directory, 'backfill.json').cases.entries()) {
      const name = `backfill.json ${index}: ${one.name}`
      results.push(await result(name, () => backfill(one, atEnd)))
    }
    for (const clean of cleanings) await clean()
    return results
  },
}

async function result(name: string, check: () => Promise<string | undefined>): Promise<CaseResult> {
  try {
    const detail = await check()
    return { name, passed: detail === undefined, detail: detail ?? '' }
  } catch (thrown) {
    return { name, passed: false, detail: `threw ${String(thrown)}` }
  }
}

async function testRules(one: ToolCase, directory: string): Promise<string | undefined> {
  const { at_modifier: at = true, negative_offset: ahead = true } = one.engine_options ?? {}
  const engine = [...(at ? [] : ['--no-at-modifier']), ...(ahead ? [] : ['--no-negative-offset'])]
  const runs = (one.run ?? []).map((pattern) => `--run=${pattern}`)
  const flags = [...engine, ...runs]
  if (one.ignore_unknown_fields === true) flags.push('--ignore-unknown-fields')
  const files = one.files.map((file) => join(directory, file))
  const { code, err } = await testTool('rules', ...flags, ...files)
  return (code === 0) === one.exit_ok ? undefined : `exit code ${code}: ${err}`
}

async function checkRules(one: ToolCase, directory: string): Promise<string | undefined> {
  const flags = [`--lint=${one.lint}`, ...(one.lint_fatal === true ? ['--lint-fatal'] : [])]
  const path = join(directory, one.files[0] ?? '')
  const { code, err } =
    one.via === 'stdin'
      ? await checkRulesTool(flags, readFileSync(path, 'utf8'))
      : await checkRulesTool([...flags, path])
  return code === one.exit_code ? undefined : `exit code ${code}: ${err}`
}

async function checkConfig(one: ToolCase, directory: string): Promise<string | undefined> {
  const files = one.files.map((file) => join(directory, file))
  const flags = one.syntax_only === true ? ['--syntax-only'] : []
  const check = async (...more: readonly string[]) => {
    const { code, err } = await checkTool('config', ...flags, ...more, ...files)
    return { code, err: err.replaceAll(`${directory}/`, 'testdata/') }
  }
  const { code, err } = await check()
  const wanted = one.exit_code ?? (one.exit_ok === true ? 0 : 1)
  const words = one.error ?? one.error_contains ?? ''
  if (code !== wanted || !err.includes(words)) return `exit code ${code}: ${err}`
  if (one.exit_code_with_lint_fatal === undefined) return undefined
  const fatal = await check('--lint=all', '--lint-fatal')
  return difference(fatal.code, one.exit_code_with_lint_fatal)
}

async function checkMetrics(one: ToolCase): Promise<string | undefined> {
  const flags = [`--lint=${one.lint}`, ...(one.extended === true ? ['--extended'] : [])]
  const { code, out, err } = await checkMetricsTool(flags, one.stdin ?? '')
  const found = [code, err.includes('testMetric_CamelCase'), out.includes('Cardinality')]
  return difference(found, [one.exit_code, one.stderr_names_metric, one.stdout_has_Cardinality])
}

async function checkCardinality(one: ToolCase, directory: string): Promise<string | undefined> {
  const page = readFileSync(join(directory, one.files[0] ?? ''), 'utf8')
  const { out } = await checkMetricsTool(['--extended', '--lint=none'], page)
  const rows = out.split('\n').map((line) => line.trim().split(/ +/))
  const stats = one.stats ?? []
  return difference(rows.slice(1, -1), [
    ...stats.map(({ name, cardinality, percentage }) => [
      name,
      String(cardinality),
      `${(percentage * 100).toFixed(2)}%`,
    ]),
    ['Total', String(one.total), '100%'],
  ])
}

async function dump(one: ToolCase, directory: string, atEnd: AtEnd): Promise<string | undefined> {
  const data = temporaryDirectory(atEnd)
  const database = await open({ directory: data })
  const [, ...series] = (one.load ?? '').split('\n')
  database.load({ stepMs: 60_000, series })
  await database.close()
  const flags = (one.match ?? []).map((match) => `--match=${match}`)
  if (one.min_time !== undefined) flags.push(`--min-time=${one.min_time}`)
  if (one.max_time !== undefined) flags.push(`--max-time=${one.max_time}`)
  const command = one.command.replace('tsdb ', '')
  const lines = (text: string) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .sort()
  for (const [file, more] of [
    [one.expected_samples, []],
    [one.expected_series, ['--format=seriesjson']],
  ] as const) {
    if (file === undefined) continue
    const { out } = await tsdbTool(command, ...flags, ...more, data)
    const wanted = readFileSync(join(directory, file), 'utf8')
    const differs = difference(lines(out), lines(wanted))
    if (differs !== undefined) return differs
  }
  return undefined
}

/** What the tool asks a server that answers nothing of use. */
async function query({ command, args = {}, ...wanted }: ToolCase): Promise<string | undefined> {
  const asked: { readonly path: string; readonly form: URLSearchParams }[] = []
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const form = new URLSearchParams(Buffer.concat(pieces).toString())
      asked.push({ path: request.url ?? '', form })
      response.setHeader('Content-Type', 'application/json')
      response.end('{"status":"success","data":{"resultType":"vector","result":[]}}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  const { query: expr = '', ...rest } = args
  const flags = Object.entries(rest).map(([name, value]) => `--${name}=${value}`)
  const { err } = await queryTool(command.replace('query ', ''), ...flags, url, expr)
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  const [first] = asked
  if (first === undefined) return `asked nothing: ${err}`
  const found = Object.fromEntries(
    Object.keys(wanted.form ?? {}).map((name) => [name, first.form.get(name)]),
  )
  return difference([first.path, found], [wanted.requests_path, wanted.form])
}

async function backfill(one: BackfillCase, atEnd: AtEnd): Promise<string | undefined> {
  const directory = temporaryDirectory(atEnd)
  const [input, output] = [join(directory, 'in'), join(directory, 'out')]
  mkdirSync(output)
  writeFileSync(input, one.openmetrics)
  const flags = Object.entries(one.labels ?? {}).map(([name, value]) => `--label=${name}=${value}`)
  if (one.max_block_duration_ms !== undefined) {
    flags.push(`--max-block-duration=${one.max_block_duration_ms}ms`)
  }
  const { code, out, err } = await tsdbTool(
    'create-blocks-from',
    'openmetrics',
    ...flags,
    input,
    output,
  )
  if ((code === 0) !== one.ok) return `exit code ${code}: ${err}`
  if (one.expected === undefined) return undefined
  const blocks = out.split('\n').slice(1, -1).length
  const printed = (await tsdbTool('dump', output)).out.split('\n').slice(0, -1)
  const wanted = one.expected.samples.map(lineOf).sort()
  return difference([blocks, printed.sort()], [one.expected.blocks, wanted])
}

function lineOf({ labels, value, timestamp_ms }: BackfillSample): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
  const text = pairs.map(([name, text]) => `${name}=${JSON.stringify(text)}`).join(', ')
  return `{${text}} ${goG(value)} ${timestamp_ms}`
}
