import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { CaseResult } from './area.ts'

/** The cases of one JSON file of the data, with its head. */
export function caseFile<Case, Head = object>(
  directory: string,
  file: string,
): { readonly cases: readonly Case[] } & Head {
  return JSON.parse(readFileSync(join(directory, file), 'utf8'))
}

/** Text of the data: a string, or bytes that are not UTF-8. */
export type DataText = string | { readonly base64: string }

/** As latin1 of the bytes, which keeps every byte. */
export function bytesOf(text: DataText): string {
  return typeof text === 'string'
    ? Buffer.from(text, 'utf8').toString('latin1')
    : Buffer.from(text.base64, 'base64').toString('latin1')
}

/** Runs one case; whatever it throws is its failure. */
export function runCase(name: string, check: () => string | undefined): CaseResult {
  try {
    const detail = check()
    return { name, passed: detail === undefined, detail: detail ?? '' }
  } catch (thrown) {
    const words = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
    return { name, passed: false, detail: `threw ${words}` }
  }
}

/** Undefined when equal, else both sides in words. */
export function difference(found: unknown, wanted: unknown): string | undefined {
  if (isDeepStrictEqual(found, wanted)) return undefined
  return `got ${JSON.stringify(found)}, wanted ${JSON.stringify(wanted)}`
}

export function caseName(file: string, index: number, input: unknown): string {
  const text = typeof input === 'string' ? input : JSON.stringify(input)
  return `${file} ${index}: ${JSON.stringify(text ?? '').slice(0, 100)}`
}
