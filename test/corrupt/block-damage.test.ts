import { beforeAll, describe, expect, it } from 'vitest'
import { BlockReader } from '../../src/tsdb/block/block-reader.ts'
import { CorruptionError } from '../../src/tsdb/block/corruption.ts'
import { seal } from '../../src/tsdb/block/seal.ts'
import { Tombstones, writeTombstones } from '../../src/tsdb/block/tombstones.ts'
import { verifyBlock } from '../../src/tsdb/block/verify.ts'
import { SimFileSystem } from '../sim/sim-file-system.ts'
import { questions } from '../tsdb/block/block-answers.ts'
import { plainSeries, writeBlock } from '../tsdb/block/sample-block.ts'

const block = '/data/block'
const files = ['index', 'chunks/000001', 'tombstones', 'meta.json', 'narthex.seal'] as const
/** Of which the answers are made; a damaged seal is no reason not to answer. */
const answering = files.filter((file) => file !== 'narthex.seal')

/** Of which 60 make a block of 3 KiB and a sweep of seconds; both grow, the sweep with the square. */
const samplesPerChunk = Number(process.env.NARTHEX_DAMAGE_SAMPLES ?? 60)
const disk = new SimFileSystem()
let rightAnswers: readonly string[] = []

beforeAll(async () => {
  writeBlock(disk, block, plainSeries(8, 2, samplesPerChunk))
  const reader = BlockReader.open(disk, block)
  const refs = reader.index.all()
  reader.close()
  const tombstones = new Tombstones()
  tombstones.add(refs[1] ?? 0, 1_700_000_030_000, 1_700_000_300_000)
  tombstones.add(refs[4] ?? 0, 0, 1_800_000_000_000)
  writeTombstones(disk, block, tombstones)
  seal(disk, block)
  rightAnswers = await answersOf()
})

async function answersOf(): Promise<readonly string[]> {
  const reader = BlockReader.open(disk, block)
  try {
    const answers: string[] = []
    for (const question of questions) answers.push(await orRefusal(() => question(reader)))
    return answers
  } finally {
    reader.close()
  }
}

const refusal = 'CorruptionError'

async function orRefusal(ask: () => Promise<string>): Promise<string> {
  try {
    return await ask()
  } catch (thrown) {
    if (thrown instanceof CorruptionError) return refusal
    throw thrown
  }
}

/** The questions that are answered otherwise with these bytes in the file. */
async function wrongAnswers(file: string, bytes: Uint8Array): Promise<readonly number[]> {
  const path = `${block}/${file}`
  const before = disk.readFile(path)
  disk.rot(path, bytes)
  try {
    const answers = await answersOf()
    return answers.flatMap((answer, question) =>
      answer === refusal || answer === rightAnswers[question] ? [] : [question],
    )
  } catch (thrown) {
    if (thrown instanceof CorruptionError) return []
    throw thrown
  } finally {
    disk.rot(path, before)
  }
}

function isFoundByVerify(file: string, bytes: Uint8Array): boolean {
  const path = `${block}/${file}`
  const before = disk.readFile(path)
  disk.rot(path, bytes)
  try {
    verifyBlock(disk, block)
    return false
  } catch (thrown) {
    if (thrown instanceof CorruptionError) return true
    throw thrown
  } finally {
    disk.rot(path, before)
  }
}

function flipped(file: string, at: number): Uint8Array {
  const bytes = disk.readFile(`${block}/${file}`)
  // Another bit for each byte, so that all eight are tried.
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8))
  return bytes
}

describe('a damaged block', () => {
  it('the questions are about all of it', () => {
    expect(rightAnswers).toHaveLength(12)
    expect(rightAnswers.map((answer) => answer.length > 2)).toEqual(rightAnswers.map(() => true))
  })

  it.each(answering)('%s with any byte flipped gives the same answer or none', async (file) => {
    const { length } = disk.readFile(`${block}/${file}`)
    for (let at = 0; at < length; at++) {
      const wrong = await wrongAnswers(file, flipped(file, at))
      expect(wrong, `byte ${at} of ${length}`).toEqual([])
    }
  })

  it.each(answering)('%s cut anywhere gives the same answer or none', async (file) => {
    const bytes = disk.readFile(`${block}/${file}`)
    for (let length = 0; length < bytes.length; length++) {
      const wrong = await wrongAnswers(file, bytes.slice(0, length))
      expect(wrong, `${length} of ${bytes.length} bytes`).toEqual([])
    }
  })

  it.each(files)('every flipped byte of %s is found by verifying', (file) => {
    const { length } = disk.readFile(`${block}/${file}`)
    const missed: number[] = []
    for (let at = 0; at < length; at++) {
      if (!isFoundByVerify(file, flipped(file, at))) missed.push(at)
    }
    expect(missed).toEqual([])
  })

  it.each(files)('%s cut anywhere is found by verifying', (file) => {
    const bytes = disk.readFile(`${block}/${file}`)
    const missed: number[] = []
    for (let length = 0; length < bytes.length; length++) {
      if (!isFoundByVerify(file, bytes.slice(0, length))) missed.push(length)
    }
    expect(missed).toEqual([])
  })

  it.each(['index', 'chunks/000001', 'tombstones', 'meta.json'])(
    '%s missing is said by name',
    (file) => {
      const copy = disk.copy()
      copy.remove(`${block}/${file}`)
      expect(() => verifyBlock(copy, block)).toThrow(
        `corruption in block ${block}, ${file} at byte 0: the file is missing`,
      )
    },
  )
})
