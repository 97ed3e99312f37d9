import type { FileSystem } from '../base/file-system.ts'
import { goDuration } from '../model/go-duration.ts'
import type { BlockReader } from '../tsdb/block/block-reader.ts'
import { goTable } from './go-text.ts'
import type { ToolTerminal } from './terminal.ts'
import { closeBlocks, openBlocks } from './tsdb-directory.ts'

export interface ListCommand {
  readonly kind: 'list'
  readonly directory: string
  readonly humanReadable: boolean
}

const header = [
  'BLOCK ULID',
  'MIN TIME',
  'MAX TIME',
  'DURATION',
  'NUM SAMPLES',
  'NUM CHUNKS',
  'NUM SERIES',
  'SIZE',
]

/** `tsdb list` (row F6.3). */
export function listBlocks(
  { directory, humanReadable }: ListCommand,
  fileSystem: FileSystem,
  terminal: ToolTerminal,
): void {
  const readers = openBlocks(fileSystem, directory)
  terminal.print(blockTable(readers, true, humanReadable))
  closeBlocks(readers)
}

export function blockTable(
  readers: readonly BlockReader[],
  hasHeader: boolean,
  humanReadable: boolean,
): string {
  const rows = readers.map(({ meta, sizeBytes }) => [
    meta.ulid,
    timeText(meta.minTimeMs, humanReadable),
    timeText(meta.maxTimeMs, humanReadable),
    goDuration(meta.maxTimeMs - meta.minTimeMs),
    String(meta.stats.samples),
    String(meta.stats.chunks),
    String(meta.stats.series),
    humanReadable ? base2Bytes(sizeBytes) : String(sizeBytes),
  ])
  return goTable(hasHeader ? [header, ...rows] : rows)
}

function timeText(timeMs: number, humanReadable: boolean): string {
  if (!humanReadable) return String(timeMs)
  const iso = new Date(Math.trunc(timeMs / 1_000) * 1_000).toISOString()
  return `${iso.slice(0, -5).replace('T', ' ')} +0000 UTC`
}

/** 105KiB440B. */
function base2Bytes(sizeBytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  let text = ''
  let rest = sizeBytes
  for (const unit of units) {
    if (rest % 1024 !== 0) text = `${rest % 1024}${unit}${text}`
    rest = Math.floor(rest / 1024)
  }
  return text === '' ? '0B' : text
}
