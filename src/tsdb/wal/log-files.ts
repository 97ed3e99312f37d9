import { join } from 'node:path'
import type { FileSystem } from '../../base/file-system.ts'
import type { LogLayout } from './log-layout.ts'
import type { LogFile } from './read-ahead.ts'
import { listSegments, type Segment, segmentName } from './segment-files.ts'

/** What is read of a log, in its order: its checkpoint, then its segments. */
export interface LogFiles {
  readonly checkpoint: readonly Segment[]
  readonly files: readonly (Segment & LogFile)[]
}

/** From this segment on; the indexes of segments are in a directory of their own, if there are any. */
export function filesOfLog(
  fileSystem: FileSystem,
  { checkpoint, segments }: LogLayout,
  from: number,
  indexDirectory: string | undefined,
): LogFiles {
  const fileOf = (segment: Segment, indexPath?: string) => {
    const sizeBytes = fileSystem.stat(segment.path)?.sizeBytes ?? 0
    return { ...segment, sizeBytes, indexPath }
  }
  const indexPath = ({ number }: Segment) =>
    indexDirectory === undefined ? undefined : join(indexDirectory, segmentName(number))
  const checkpointSegments =
    checkpoint === undefined || checkpoint.segment < from
      ? []
      : listSegments(fileSystem, checkpoint.directory)
  const wanted = segments.filter(({ number }) => number >= from)
  return {
    checkpoint: checkpointSegments,
    files: [
      ...checkpointSegments.map((segment) => fileOf(segment)),
      ...wanted.map((segment) => fileOf(segment, indexPath(segment))),
    ],
  }
}
