import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApi } from '../support/api-server.ts'
import { DirectRunner } from '../support/direct-runner.ts'
import { openDatabase } from '../support/open-database.ts'
import {
  type AnswerBody,
  loadBlocksText,
  type StaticCase,
  staticCases,
} from '../support/static-answers.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const directory = process.env.NARTHEX_CONFORMANCE
if (directory === undefined) {
  console.warn('SKIPPED: no NARTHEX_CONFORMANCE, so answers are not held against those recorded')
}

/** What this version does not serve yet, and what its head cannot know of blocks. */
const notServed = ['/federate', '/api/v1/status/tsdb', '/api/v1/status/flags']

/** 3.14 names the parameter here; the record is older. */
const namesParameter = 48

const cases = (directory === undefined ? [] : staticCases(directory)).filter(
  ({ request, differs_in_3x, body_in_3x }) =>
    !notServed.includes(request.path) && (differs_in_3x === undefined || body_in_3x !== undefined),
)

let url = ''
const cleanings: (() => void | Promise<void>)[] = []

describe.skipIf(directory === undefined)('recorded answers of the real server', () => {
  beforeAll(async () => {
    const atEnd = (clean: () => void | Promise<void>) => cleanings.unshift(clean)
    const database = await openDatabase(temporaryDirectory(atEnd))
    loadBlocksText(directory ?? '', database)
    atEnd(() => database.close())
    const runner = new DirectRunner(database)
    url = (await startApi({ runner: () => runner }, atEnd)).url
  }, 60_000)

  afterAll(async () => {
    for (const clean of cleanings) await clean()
  })

  it.each(cases)('$id: $request.method $request.path $request.params', async (expected) => {
    const response = await ask(expected)
    const text = await response.text()
    expect(response.status, text).toBe(expected.status)
    if (expected.body_text !== undefined) {
      expect(text.replace('Prometheus Server', 'Server')).toBe(
        expected.body_text.replace('Prometheus Server', 'Server'),
      )
      return
    }
    expect(response.headers.get('content-type')).toBe(expected.content_type)
    const body: AnswerBody = JSON.parse(text)
    if (expected.volatile !== undefined) {
      expect(Object.keys(dataOf(body))).toEqual(
        expect.arrayContaining(Object.keys(dataOf(expected.body))),
      )
    } else if (expected.status === 422) expect(body.errorType).toBe('execution')
    else expect(ordered(body)).toEqual(ordered(wanted(expected)))
  })
})

function dataOf(body: AnswerBody | undefined): object {
  const data = body?.data
  return typeof data === 'object' && data !== null ? data : {}
}

function wanted(expected: StaticCase): AnswerBody | undefined {
  const body = expected.body_in_3x ?? expected.body
  if (body?.error === undefined) return body
  const prefix = expected.id === namesParameter ? 'invalid parameter "query": ' : ''
  return { ...body, error: prefix + (expected.error_in_3x ?? body.error) }
}

function ask({ request: { method, path, params = {} } }: StaticCase): Promise<Response> {
  const pairs = Object.entries(params).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, String(one)]),
  )
  const form = new URLSearchParams(pairs)
  if (method === 'POST') return fetch(url + path, { method, body: form })
  return fetch(`${url}${path}?${form}`, { method })
}

/** Series in one order, numbers to nine digits; 3.x may add infos and warnings. */
function ordered(body: AnswerBody | undefined): unknown {
  if (body === undefined) return undefined
  const { status, data, errorType, error } = body
  return { status, data: orderedData(data), errorType, error }
}

function orderedData(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || !('result' in data)) return data
  const { result } = data
  if (!Array.isArray(result) || typeof result[0] !== 'object') return data
  const series = result.map((one) => JSON.stringify(one, rounded)).sort()
  return { ...data, result: series.map((one) => JSON.parse(one)) }
}

function rounded(_key: string, value: unknown): unknown {
  const isNumber = typeof value === 'string' && /^-?[\d.]+(e[+-]?\d+)?$/.test(value)
  return isNumber ? String(Number(Number(value).toPrecision(9))) : value
}
