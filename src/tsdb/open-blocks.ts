import { join } from 'node:path'
import { messageOf } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { BlockReader } from './block/block-reader.ts'
import type { BlockPlace } from './block-list.ts'
import type { DecodedMemory } from './chunk/decoded-chunks.ts'

interface OpenBlock {
  readonly reader: BlockReader
  users: number
}

/** A block that a query may read until it lets go of it. */
export interface HeldBlock {
  readonly reader: BlockReader
  release(): void
}

/**
 * The blocks that one thread has open: opened when first asked for, closed when they are off the
 * list and no query reads them any more. One that cannot be opened is tried again by each query.
 */
export class OpenBlocks {
  readonly #fileSystem: FileSystem
  readonly #directory: string
  readonly #memory: DecodedMemory | undefined
  readonly #open = new Map<string, OpenBlock>()
  /** Keys of keyOf. */
  #listed: ReadonlySet<string> = new Set()

  /** What is decoded of them is kept in the memory, where there is one. */
  constructor(fileSystem: FileSystem, directory: string, memory?: DecodedMemory) {
    this.#fileSystem = fileSystem
    this.#memory = memory
    this.#directory = directory
  }

  /** These are all that there are by now. */
  list(places: readonly BlockPlace[]): void {
    this.#listed = new Set(places.map(keyOf))
    for (const key of [...this.#open.keys()]) this.#closeUnused(key)
  }

  /** Answers what is wrong, in words for the user, where the block cannot be read. */
  hold(place: BlockPlace): HeldBlock | string {
    const { ulid, fault } = place
    if (fault !== undefined) return missingSamples(place, fault)
    const key = keyOf(place)
    let open = this.#open.get(key)
    if (open === undefined) {
      try {
        const reader = BlockReader.open(this.#fileSystem, join(this.#directory, ulid), this.#memory)
        open = { reader, users: 0 }
      } catch (thrown) {
        return missingSamples(place, messageOf(thrown))
      }
      this.#open.set(key, open)
    }
    const held = open
    held.users++
    return {
      reader: held.reader,
      release: () => {
        held.users--
        this.#closeUnused(key)
      },
    }
  }

  #closeUnused(key: string): void {
    const open = this.#open.get(key)
    if (open === undefined || open.users > 0 || this.#listed.has(key)) return
    this.#open.delete(key)
    open.reader.close()
  }
}

function keyOf({ ulid, revision }: BlockPlace): string {
  return `${ulid} ${revision}`
}

/** For the answers that a block belongs to. */
export function missingSamples({ ulid, minTimeMs, maxTimeMs }: BlockPlace, reason: string): string {
  const from = Number.isFinite(minTimeMs) ? `from ${isoTime(minTimeMs)} to` : 'from before'
  return `samples ${from} ${isoTime(maxTimeMs)} are missing, since block ${ulid} cannot be read: ${reason}`
}

function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
