import { join } from 'node:path'
import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { type Looks, noLooks } from '../base/looks.ts'
import type { Matcher } from '../model/matcher.ts'
import type { Querier, SymbolTable, TimeRange } from '../storage/querier.ts'
import type { SharedSeries } from '../storage/shared-series.ts'
import { BlockQuerier } from './block/block-querier.ts'
import { sharedBlockSeries } from './block/block-series-set.ts'
import { CorruptionError } from './block/corruption.ts'
import { KeptSelections } from './block/kept-selections.ts'
import type { BlockPlace } from './block-list.ts'
import { DecodedMemory } from './chunk/decoded-chunks.ts'
import { headChunksFolder } from './head/chunk-file-list.ts'
import type { HeadBatches } from './head/head-batches.ts'
import type { HeadUpdate } from './head/head-memory.ts'
import { HeadReader, type SnapshotPort } from './head/head-reader.ts'
import type { Postings } from './index/set-operations.ts'
import { HeadWithLate } from './merge/head-with-late.ts'
import { KeptRows } from './merge/kept-rows.ts'
import { type FloatReader, MergedFloats } from './merge/merged-floats.ts'
import { MergedQuerier, type Source } from './merge/merged-querier.ts'
import { type HeldBlock, missingSamples, OpenBlocks } from './open-blocks.ts'
import { sourceOrder } from './source-order.ts'

/** What a reader in another thread is handed before each query: shared memory and plain data. */
export interface DatabaseUpdate {
  readonly head: HeadUpdate
  /** By their first time; the same array as in the update before where they are the same. */
  readonly blocks: readonly BlockPlace[]
}

/** An update without what its reader has already: then it is left out. */
export type PartialUpdate = Omit<DatabaseUpdate, 'blocks'> & Partial<Pick<DatabaseUpdate, 'blocks'>>

/**
 * The database as a thread without it reads it, or the same one. Apply an update before each query:
 * the query sees what was there then.
 */
export class DatabaseReader {
  readonly #head: HeadReader
  readonly #open: OpenBlocks
  readonly #kept = new KeptSelections()
  readonly #rows = new KeptRows()
  #blocks: readonly BlockPlace[] = []

  constructor(fileSystem: FileSystem, directory: string) {
    const memory = new DecodedMemory()
    const files = { fileSystem, directory: join(directory, headChunksFolder) }
    this.#head = new HeadReader(files, memory)
    this.#open = new OpenBlocks(fileSystem, directory, memory)
  }

  /** The version to ask the next update from. */
  get version(): number {
    return this.#head.version
  }

  apply({ head, blocks }: PartialUpdate): void {
    this.#head.apply(head)
    if (blocks === undefined || blocks === this.#blocks) return
    this.#blocks = blocks
    this.#open.list(blocks)
  }

  /** All series of the head with samples in order in the range, in label order. */
  headBatches(range: TimeRange, port: SnapshotPort, some?: Uint32Array): HeadBatches {
    return this.#head.batches(range, port, some)
  }

  /** Blocks that meet a range, both ends included. */
  blocksWithin({ minTimeMs, maxTimeMs }: TimeRange): readonly BlockPlace[] {
    return this.#blocks.filter(
      (place) => place.minTimeMs <= maxTimeMs && place.maxTimeMs > minTimeMs,
    )
  }

  /** Out-of-order samples of some series of the head, in label order. */
  outOfOrderBatches(series: Uint32Array, port: SnapshotPort): HeadBatches {
    return this.#head.outOfOrderBatches(series, port)
  }

  /** Ids of the head's series that satisfy all matchers. */
  headSeries(matchers: readonly Matcher[]): Postings {
    return this.#head.find(matchers)
  }

  /** Refs of all series of the head, ascending. */
  headRefs(): Float64Array {
    return this.#head.refs()
  }

  /**
   * What another reader of the same database shared, for reading its samples; its query's pin must
   * be held meanwhile. Throws where this thread cannot read them. Release it.
   */
  openShared(shared: SharedSeries): { readonly floats: FloatReader; release(): void } {
    const held: HeldBlock[] = []
    const release = () => {
      for (const block of held) block.release()
    }
    try {
      return { floats: this.#openShared(shared, held), release }
    } catch (thrown) {
      release()
      throw thrown
    }
  }

  #openShared(shared: SharedSeries, held: HeldBlock[]): FloatReader {
    if (shared.kind === 'merged') {
      const sets = shared.sets.map((set) => this.#openShared(set, held))
      return new MergedFloats(sets, shared.members)
    }
    if (shared.kind !== 'block') return this.#head.openShared(shared)
    const place = this.#blocks.find(({ ulid }) => ulid === shared.ulid)
    const block = place === undefined ? 'it is not listed any more' : this.#open.hold(place)
    if (typeof block === 'string') throw new NarthexError('CLOSED', block)
    held.push(block)
    return sharedBlockSeries(block.reader, shared)
  }

  /** Blocks that meet the range, and the head. Close it, so that blocks can be closed. */
  querier(range: TimeRange, port: SnapshotPort, looks = noLooks): Querier {
    const { inOrder: head, outOfOrder } = this.#head.queriers(port, looks)
    const blocks = this.blocksWithin(range)
    if (blocks.length === 0) {
      return outOfOrder === undefined ? head : new HeadWithLate(outOfOrder, head, looks, this.#rows)
    }
    const sources: Source[] = outOfOrder === undefined ? [] : [outOfOrder]
    const warnings: string[] = []
    try {
      for (const place of sourceOrder(blocks)) {
        const held = this.#open.hold(place)
        if (typeof held === 'string') warnings.push(held)
        else sources.push(new HeldSource(held, head.symbols, place, looks, this.#kept))
        looks.now()
      }
    } catch (thrown) {
      for (const source of sources) source.close()
      throw thrown
    }
    return new MergedQuerier(head.symbols, [...sources, head], warnings, looks, this.#rows)
  }
}

/**
 * A block that is let go of when its querier is closed. An answer goes without it where its index is
 * damaged, and says so. Damage in a chunk comes to light when the answer is being made of what was
 * selected: leaving out some samples of some series then would make a sum or a rate wrong in a way
 * that nobody can see, so such a query fails, with the block's name.
 */
class HeldSource extends BlockQuerier implements Source {
  readonly #release: () => void
  readonly #place: BlockPlace

  constructor(
    { reader, release }: HeldBlock,
    symbols: SymbolTable,
    place: BlockPlace,
    looks: Looks,
    kept: KeptSelections,
  ) {
    super(reader, symbols, looks, kept)
    this.#release = release
    this.#place = place
  }

  missing(thrown: unknown): string | undefined {
    const isDamage = thrown instanceof CorruptionError
    return isDamage ? missingSamples(this.#place, thrown.message) : undefined
  }

  override close(): void {
    this.#release()
  }
}
