import protobuf from 'protobufjs/minimal.js'
import { NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { Matcher, type MatchOp } from '../model/matcher.ts'
import { RegexError } from '../model/regex.ts'
import { endOf, int64, invalid, skip, tooMany, unreadable } from './proto-fields.ts'

/** A remote-read request (upstream prompb/remote.proto). */
export interface ReadRequest {
  readonly queries: readonly ReadQuery[]
  /** Numbers of ReadRequest.ResponseType, the most wanted first. */
  readonly acceptedTypes: readonly number[]
}

/** Its range is what the hints leave of it: a selector of a query rarely needs all of the query's. */
export interface ReadQuery {
  readonly startMs: number
  readonly endMs: number
  readonly matchers: readonly Matcher[]
}

/** Numbers of ReadRequest.ResponseType. */
export const readResponseType = { samples: 0, streamedChunks: 1 } as const

const tags = { query: 10, acceptedTypes: 18, acceptedType: 16 } as const
const queryTags = { start: 8, end: 16, matcher: 26, hints: 34 } as const
const hintsTags = { start: 24, end: 32 } as const
const matcherTags = { op: 8, name: 18, value: 26 } as const
const ops: readonly MatchOp[] = ['=', '!=', '=~', '!~']

type Reader = protobuf.Reader

/**
 * Throws BODY_INVALID where it is no such message, BODY_TOO_LARGE where it asks for too much, and
 * PARAMETER_INVALID for a pattern that is none.
 */
export function decodeReadRequest(body: Uint8Array): ReadRequest {
  const reader = protobuf.Reader.create(body)
  const queries: ReadQuery[] = []
  const acceptedTypes: number[] = []
  try {
    while (reader.pos < reader.len) {
      const tag = reader.uint32()
      if (tag === tags.query) {
        if (queries.length === limits.remoteReadQueriesMax) {
          throw tooMany('queries', limits.remoteReadQueriesMax)
        }
        queries.push(query(reader))
      } else if (tag === tags.acceptedType) acceptedTypes.push(reader.uint32())
      else if (tag === tags.acceptedTypes) {
        const end = endOf(reader)
        while (reader.pos < end) acceptedTypes.push(reader.uint32())
      } else skip(reader, tag, tags)
    }
  } catch (thrown) {
    if (thrown instanceof NarthexError) throw thrown
    throw unreadable('read request', thrown)
  }
  return { queries, acceptedTypes }
}

function query(reader: Reader): ReadQuery {
  const end = endOf(reader)
  const found = { startMs: 0, endMs: 0 }
  let hinted = everywhere
  const matchers: Matcher[] = []
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === queryTags.start) found.startMs = int64(reader)
    else if (tag === queryTags.end) found.endMs = int64(reader)
    else if (tag === queryTags.matcher) {
      if (matchers.length === limits.remoteReadMatchersMax) {
        throw tooMany('matchers', limits.remoteReadMatchersMax)
      }
      matchers.push(matcher(reader))
    } else if (tag === queryTags.hints) hinted = hints(reader)
    else skip(reader, tag, queryTags)
  }
  if (reader.pos !== end) throw invalid('a query is longer than it says')
  const startMs = Math.max(found.startMs, hinted.startMs)
  return { startMs, endMs: Math.min(found.endMs, hinted.endMs), matchers }
}

const everywhere = { startMs: Number.NEGATIVE_INFINITY, endMs: Number.POSITIVE_INFINITY }

function hints(reader: Reader): typeof everywhere {
  const end = endOf(reader)
  const found = { startMs: 0, endMs: 0 }
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === hintsTags.start) found.startMs = int64(reader)
    else if (tag === hintsTags.end) found.endMs = int64(reader)
    else skip(reader, tag, hintsTags)
  }
  if (reader.pos !== end) throw invalid('hints are longer than they say')
  return found
}

function matcher(reader: Reader): Matcher {
  const end = endOf(reader)
  const found = { op: 0, name: '', value: '' }
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === matcherTags.op) found.op = reader.uint32()
    else if (tag === matcherTags.name) found.name = reader.string()
    else if (tag === matcherTags.value) found.value = reader.string()
    else skip(reader, tag, matcherTags)
  }
  if (reader.pos !== end) throw invalid('a matcher is longer than it says')
  const op = ops[found.op]
  if (op === undefined) throw invalid(`matcher type ${found.op} (0 to ${ops.length - 1})`)
  try {
    return new Matcher(op, found.name, found.value)
  } catch (thrown) {
    if (!(thrown instanceof RegexError)) throw thrown
    throw new NarthexError('PARAMETER_INVALID', thrown.message, { cause: thrown })
  }
}
