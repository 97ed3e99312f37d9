import { noEntry } from '../../base/shared-hash-table.ts'
import type { ListFilter } from '../index/shared-lists.ts'
import type { Head } from './head.ts'

/** Pairs or symbols looked at in one step: what ends in it ends at once. */
const numbersPerStep = 8_192
/** Pairs of a name's list looked at between two looks at the clock. */
const pairsPerStep = 16_384

/**
 * Takes label pairs that no series has any more out of the head, names that no pair has, and then
 * symbols that none of them has.
 * Who is told of the head behind that sees them no more, who was told before as ever; when the last
 * of those has ended, their numbers and the memory of their texts are given to others. Run it behind
 * SeriesRemoval, one at a time; `turn` is awaited between steps, so that others run in between.
 */
export async function removeDeadLabels(
  head: Head,
  turn: () => Promise<void> | undefined,
): Promise<void> {
  const { index, symbols } = head.memory
  const pairs = await inSteps(index.pairCount, turn, (from, to) => index.endUnused(from, to))
  const names = new Set<number>()
  for (const batch of pairs) {
    await turn()
    for (const pair of batch) names.add(index.nameOfPair(pair))
  }
  const emptied: number[] = []
  for (const name of names) {
    await filterName(head, index.filterName(name), turn)
    const list = index.endName(name)
    if (list !== noEntry) emptied.push(list)
  }
  const ended = await inSteps(symbols.count, turn, (from, to) => symbols.endUnheld(from, to))
  head.pins.afterHeld(() => {
    for (const batch of pairs) index.giveBack(batch)
    index.giveNamesBack(Uint32Array.from(emptied))
    for (const batch of ended) symbols.giveBack(batch)
  })
}

/** What the steps answer, one for each. */
async function inSteps(
  count: number,
  turn: () => Promise<void> | undefined,
  step: (from: number, to: number) => Uint32Array,
): Promise<readonly Uint32Array[]> {
  const answers: Uint32Array[] = []
  for (let from = 0; from < count; from += numbersPerStep) {
    await turn()
    answers.push(step(from, Math.min(count, from + numbersPerStep)))
  }
  return answers
}

async function filterName(
  { memory }: Head,
  filter: ListFilter,
  turn: () => Promise<void> | undefined,
): Promise<void> {
  do await turn()
  while (memory.index.advanceName(filter, pairsPerStep))
}
