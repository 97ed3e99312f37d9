import { chunkChecksumOf } from '../../kernels/chunks.ts'

/** Prometheus' files of full head chunks (tsdb/docs/format/head_chunks.md; row T4.5). */
export const chunkFileMagic = 0x0130bc91
export const chunkFileVersion = 1
export const chunkFileHeaderBytes = 8
export const chunkFileBytesMax = 128 * 2 ** 20
export const checksumBytes = 4
/** Series ref, oldest and newest time, encoding: before the length. */
export const recordHeadBytes = 25
/** Head and the longest length. */
export const recordHeadBytesMax = recordHeadBytes + 10
/** Set in the encoding of out-of-order chunks. */
export const outOfOrderFlag = 0x80

export const chunkFileHeader = Uint8Array.of(0x01, 0x30, 0xbc, 0x91, chunkFileVersion, 0, 0, 0)

/** The length of a record's data and where the data begins; undefined where none is whole. */
export interface RecordData {
  start: number
  length: number
}

/** Reads the length behind the record's head into `into`; false where it does not end. */
export function readDataLength(bytes: Uint8Array, recordStart: number, into: RecordData): boolean {
  let at = recordStart + recordHeadBytes
  let length = 0
  for (let scale = 1; scale <= 2 ** 28; scale *= 128) {
    const byte = bytes[at++] ?? 0
    length += (byte & 0x7f) * scale
    if (byte < 0x80) {
      into.start = at
      into.length = length
      return true
    }
  }
  return false
}

/** Whether the sum behind the record's data is that of all before. */
export function hasRightChecksum(view: DataView, recordStart: number, dataEnd: number): boolean {
  return view.getUint32(dataEnd) === chunkChecksumOf(view, recordStart, dataEnd)
}

export function chunkFileName(number: number): string {
  return String(number).padStart(6, '0')
}
