import { join } from 'node:path'
import { messageOf } from '../../base/errors.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { limits } from '../../base/limits.ts'
import { quarantineFolder } from './quarantine.ts'
import {
  type Checkpoint,
  isSegmentName,
  listCheckpoints,
  listSegments,
  type Segment,
  segmentName,
} from './segment-files.ts'

/** What stands in a log's directory, and what of it is read. */
export interface LogLayout {
  /** The newest that has something to read. */
  readonly checkpoint: Checkpoint | undefined
  /** The segments behind the checkpoint, in order. */
  readonly segments: readonly Segment[]
  /** Segments and checkpoints that the checkpoint replaces: a removal was interrupted. */
  readonly obsolete: readonly string[]
  /** Of checkpoints and segments that were being written when the process died. */
  readonly temporary: readonly string[]
  /** Numbers without a segment between those that are there. */
  readonly missing: readonly number[]
  /** What is not as a log should be, in words. */
  readonly findings: readonly string[]
}

/** Files beside the log that belong there: upstream's, for its fast startup. */
const knownNames = [quarantineFolder, 'series_state.json']
const temporaryName = /^(checkpoint\.\d+|\d{8,}|series_state\.json)\.tmp$/

/** Looks and changes nothing. */
export function surveyLog(fileSystem: FileSystem, directory: string): LogLayout {
  const findings: string[] = []
  const checkpoints = listCheckpoints(fileSystem, directory)
  const checkpoint = checkpoints.findLast((candidate) =>
    isReadable(fileSystem, candidate, findings),
  )
  const all = listSegments(fileSystem, directory)
  const isReplaced = ({ number }: Segment) =>
    checkpoint !== undefined && number <= checkpoint.segment
  const segments = all.filter((segment) => !isReplaced(segment))
  const oldCheckpoints = checkpoints.filter(
    ({ segment }) => checkpoint !== undefined && segment < checkpoint.segment,
  )
  const missing = missingNumbers(checkpoint, segments, findings)
  const temporary = strays(fileSystem, directory, all, checkpoints, findings)
  return {
    checkpoint,
    segments,
    obsolete: [
      ...all.filter(isReplaced).map(({ path }) => path),
      ...oldCheckpoints.map((old) => old.directory),
    ],
    temporary,
    missing,
    findings,
  }
}

function isReadable(fileSystem: FileSystem, candidate: Checkpoint, findings: string[]): boolean {
  if (fileSystem.stat(candidate.directory)?.kind !== 'directory') {
    findings.push(`checkpoint ${candidate.directory} is not a directory`)
    return false
  }
  if (listSegments(fileSystem, candidate.directory).length > 0) return true
  findings.push(`checkpoint ${candidate.directory} is empty`)
  return false
}

function missingNumbers(
  checkpoint: Checkpoint | undefined,
  segments: readonly Segment[],
  findings: string[],
): readonly number[] {
  const missing: number[] = []
  let expected = checkpoint === undefined ? segments[0]?.number : checkpoint.segment + 1
  for (const { number } of segments) {
    if (expected !== undefined && number > expected) {
      findings.push(`segments ${expected} to ${number - 1} are missing`)
      const end = Math.min(number, expected + limits.walMissingSegmentsMax - missing.length)
      for (let gap = expected; gap < end; gap++) missing.push(gap)
    }
    expected = number + 1
  }
  return missing
}

/** Answers the temporary ones; the rest is told and left alone. */
function strays(
  fileSystem: FileSystem,
  directory: string,
  segments: readonly Segment[],
  checkpoints: readonly Checkpoint[],
  findings: string[],
): readonly string[] {
  if (fileSystem.stat(directory)?.kind !== 'directory') return []
  const known = new Set([
    ...knownNames.map((name) => join(directory, name)),
    ...segments.map(({ path }) => path),
    ...checkpoints.map((checkpoint) => checkpoint.directory),
  ])
  const temporary: string[] = []
  for (const name of fileSystem.list(directory)) {
    const path = join(directory, name)
    if (known.has(path)) continue
    // What was being written when the process ended is no finding: any end may leave it.
    if (temporaryName.test(name)) temporary.push(path)
    else if (isSegmentName(name)) findings.push(`segment ${path} is not a file`)
    else if (/^\d+$/.test(name)) findings.push(`${path} is named like a segment and is none`)
    else findings.push(`${path} does not belong to a log`)
  }
  return temporary
}

/**
 * Brings a directory that was read to the end into the form that every reader expects, Prometheus
 * among them: removals go on, half-written files go, numbers without a segment get an empty one.
 * Answers what could not be done, which does not hinder reading.
 */
export function tidyLog(
  fileSystem: FileSystem,
  directory: string,
  layout: LogLayout,
): readonly string[] {
  const { obsolete, temporary, missing } = layout
  if (obsolete.length + temporary.length + missing.length === 0) return []
  try {
    for (const path of [...obsolete, ...temporary]) {
      fileSystem.remove(path, { recursive: true })
    }
    for (const number of missing) createEmpty(fileSystem, join(directory, segmentName(number)))
    fileSystem.syncDirectory(directory)
    return []
  } catch (thrown) {
    return [`${directory} could not be tidied: ${messageOf(thrown)}`]
  }
}

function createEmpty(fileSystem: FileSystem, path: string): void {
  // The name may be taken by something that is no segment.
  if (fileSystem.stat(path) !== undefined) return
  const file = fileSystem.openAppend(path, { exclusive: true })
  try {
    file.syncDataNow()
  } finally {
    file.close()
  }
}
