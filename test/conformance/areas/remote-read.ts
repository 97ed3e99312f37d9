import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32c } from '../../../src/base/crc32c.ts'
import { createSnappyCodec } from '../../../src/kernels/snappy.ts'
import type { CaseResult } from '../area.ts'
import { caseFile, caseName, difference } from '../case-file.ts'
import { withBlocks } from './http-static.ts'

interface ReadCase {
  readonly name: string
  readonly request_file: string
  readonly response_file: string
  readonly request_headers: Readonly<Record<string, string>>
  readonly status: number
  readonly response_headers: Readonly<Record<string, string | null>>
}

/** Remote reads of a real server over given blocks; the answers are compared byte for byte. */
export async function remoteReads(directory: string): Promise<readonly CaseResult[]> {
  const file = 'read.json'
  const { cases } = caseFile<ReadCase>(directory, file)
  return await withBlocks(directory, [['cluster', 'static']], async (url) => {
    const results: CaseResult[] = []
    for (const [index, one] of cases.entries()) {
      const detail = await faultOf(url, directory, one)
      const name = caseName(file, index, one.name)
      results.push({ name, passed: detail === undefined, detail: detail ?? '' })
    }
    return results
  })
}

async function faultOf(url: string, directory: string, one: ReadCase): Promise<string | undefined> {
  const response = await fetch(`${url}/api/v1/read`, {
    method: 'POST',
    headers: one.request_headers,
    body: readFileSync(join(directory, one.request_file)),
  })
  const bytes = new Uint8Array(await response.arrayBuffer())
  const found: Record<string, string | null> = {}
  for (const name of Object.keys(one.response_headers)) found[name] = response.headers.get(name)
  const head = difference(
    { status: response.status, ...found },
    { status: one.status, ...one.response_headers },
  )
  if (head !== undefined) return `${head}: ${Buffer.from(bytes).toString().slice(0, 200)}`
  const wanted = readFileSync(join(directory, one.response_file))
  const isStreamed = one.response_headers['content-encoding'] === null
  const content = isStreamed ? framesOf : uncompressed
  return difference(content(bytes), content(wanted))
}

/** Compressors may differ; what they compress may not. */
function uncompressed(bytes: Uint8Array): string {
  return Buffer.from(createSnappyCodec().uncompress(bytes, 1 << 26)).toString('base64')
}

/** Of one-byte lengths and longer ones, with the sum checked. */
function framesOf(bytes: Uint8Array): readonly string[] {
  const frames: string[] = []
  for (let at = 0; at < bytes.length; ) {
    let length = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0
      length |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    const sum = Buffer.from(bytes).readUInt32BE(at)
    const frame = bytes.subarray(at + 4, at + 4 + length)
    frames.push(`${sum === crc32c(frame)} ${Buffer.from(frame).toString('base64')}`)
    at += 4 + length
  }
  return frames
}
