import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Labels } from '../../src/model/labels.ts'
import type { Database } from '../../src/tsdb/db.ts'

/** A request to a server that holds only the blocks of the conformance data, and its answer. */
export interface StaticCase {
  readonly id: number
  readonly request: {
    readonly method: string
    readonly path: string
    readonly params?: Readonly<Record<string, string | readonly string[]>>
  }
  readonly status: number
  readonly content_type?: string
  readonly body?: AnswerBody
  readonly body_text?: string
  readonly body_in_3x?: AnswerBody
  readonly error_in_3x?: string
  readonly differs_in_3x?: string
  readonly volatile?: readonly string[]
}

export interface AnswerBody {
  readonly status: string
  readonly data?: unknown
  readonly errorType?: string
  readonly error?: string
}

export function staticCases(directory: string): readonly StaticCase[] {
  const text = readFileSync(join(directory, 'http', 'static.json'), 'utf8')
  const { cases }: { readonly cases: readonly StaticCase[] } = JSON.parse(text)
  return cases
}

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+) ([\d.]+)$/
const pair = /(\w+)="((?:\\.|[^"\\])*)"/g

interface Line {
  readonly labels: Labels
  readonly timestampMs: number
  readonly value: number
}

/** Fills a database with the text that the blocks were made from, in the order of time. */
export function loadBlocksText(directory: string, database: Database): void {
  const text = gunzipSync(readFileSync(join(directory, 'tsdb', 'blocks.openmetrics.gz'))).toString()
  const lines = text
    .split('\n')
    .flatMap(parsedLine)
    .sort((a, b) => a.timestampMs - b.timestampMs)
  for (let from = 0; from < lines.length; from += 5_000) {
    const batch = lines.slice(from, from + 5_000)
    const appender = database.appender()
    const outcome = appender.append(
      Uint32Array.from(batch, ({ labels }) => appender.series(labels)),
      Float64Array.from(batch, ({ timestampMs }) => timestampMs),
      Float64Array.from(batch, ({ value }) => value),
      batch.length,
    )
    if (outcome.refused > 0) throw new Error(`${outcome.refused} samples refused`)
    appender.commit()
  }
}

function parsedLine(text: string): readonly Line[] {
  const match = line.exec(text)
  if (match === null) return []
  const [, name = '', labels = '', value = '', seconds = ''] = match
  const pairs = [...labels.matchAll(pair)].map(([, label = '', written = '']): [string, string] => [
    label,
    unescaped(written),
  ])
  return [
    {
      labels: Labels.of([['__name__', name], ...pairs]),
      timestampMs: Math.round(Number(seconds) * 1000),
      value: number(value),
    },
  ]
}

function number(text: string): number {
  if (text === '+Inf') return Infinity
  return text === '-Inf' ? -Infinity : Number(text)
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_all, character: string) => (character === 'n' ? '\n' : character))
}
