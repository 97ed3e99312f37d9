import { basename, dirname, join } from 'node:path'
import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { goQuote } from '../model/go-quote.ts'

/**
 * Files that a pattern names, in byte order, as Go's filepath.Glob finds them: `*` and `?` stand for
 * text and for a character without slashes, `[a-z]` and `[^a-z]` for a character of a class, and a
 * backslash takes the next character as it is; folders of the path may be patterns, too. A folder
 * that is not there holds none. Throws NarthexError CONFIG_INVALID for what is no pattern.
 */
export function filesMatching(fs: FileSystem, glob: string): readonly string[] {
  return pathsMatching(fs, glob, glob).filter((path) => fs.stat(path)?.kind === 'file')
}

function pathsMatching(fs: FileSystem, glob: string, whole: string): readonly string[] {
  if (!/[*?[\\]/.test(glob)) return fs.stat(glob) === undefined ? [] : [glob]
  const parts = parseGlob(basename(glob))
  if (parts === undefined) {
    const words = `error retrieving files for ${goQuote(whole)}: syntax error in pattern`
    throw new NarthexError('CONFIG_INVALID', words)
  }
  return pathsMatching(fs, dirname(glob), whole).flatMap((directory) => {
    if (fs.stat(directory)?.kind !== 'directory') return []
    const names = fs.list(directory).filter((name) => matchesParts(name, parts))
    return names.map((name) => join(directory, name))
  })
}

/** Whether every part of a path can be read as a pattern. */
export function isGlob(glob: string): boolean {
  return glob.split('/').every((part) => parseGlob(part) !== undefined)
}

/** Any text, or one character of which `takes` decides. */
type GlobPart = 'text' | { readonly takes: (character: string) => boolean }

/** undefined where it is no pattern. */
function parseGlob(pattern: string): readonly GlobPart[] | undefined {
  const characters = [...pattern]
  const parts: GlobPart[] = []
  while (characters.length > 0) {
    const character = characters.shift()
    if (character === '*') parts.push('text')
    else if (character === '?') parts.push({ takes: () => true })
    else {
      const part = character === '[' ? takeClass(characters) : takeLiteral(character, characters)
      if (part === undefined) return undefined
      parts.push(part)
    }
  }
  return parts
}

function takeLiteral(
  first: string | undefined,
  rest: string[],
): Exclude<GlobPart, 'text'> | undefined {
  const wanted = first === '\\' ? rest.shift() : first
  return wanted === undefined ? undefined : { takes: (character) => character === wanted }
}

/** Takes a class, whose bracket is behind us, off the characters. */
function takeClass(characters: string[]): Exclude<GlobPart, 'text'> | undefined {
  const isNegated = characters[0] === '^'
  if (isNegated) characters.shift()
  const ranges: (readonly [low: number, high: number])[] = []
  while (ranges.length === 0 || characters[0] !== ']') {
    const low = takeEdge(characters)
    if (low === undefined) return undefined
    const hasHigh = characters[0] === '-'
    if (hasHigh) characters.shift()
    const high = hasHigh ? takeEdge(characters) : low
    if (high === undefined) return undefined
    ranges.push([low, high])
  }
  characters.shift()
  return {
    takes: (character) => {
      const point = character.codePointAt(0) ?? 0
      return ranges.some(([low, high]) => low <= point && point <= high) !== isNegated
    },
  }
}

/** One end of a range; a hyphen or a bracket must stand behind a backslash. */
function takeEdge(characters: string[]): number | undefined {
  const first = characters.shift()
  if (first === '-' || first === ']') return undefined
  return (first === '\\' ? characters.shift() : first)?.codePointAt(0)
}

/** In a time of the product of both lengths: only the last `*` is ever tried again. */
function matchesParts(name: string, parts: readonly GlobPart[]): boolean {
  const characters = [...name]
  let [at, part] = [0, 0]
  let retry: { at: number; readonly part: number } | undefined
  while (at < characters.length) {
    const wanted = parts[part]
    if (wanted === 'text') {
      retry = { at, part: part + 1 }
      part++
    } else if (wanted?.takes(characters[at] ?? '') === true) {
      at++
      part++
    } else if (retry !== undefined) {
      retry.at++
      at = retry.at
      part = retry.part
    } else return false
  }
  return parts.slice(part).every((left) => left === 'text')
}
