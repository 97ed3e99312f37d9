import { applyChange, type SimDirectory, type SimFile } from './sim-node.ts'

const sectorBytes = 512

/**
 * Of what was written since the last sync some sectors are on disk. The length may be any between
 * the two; a sector that is missing is as it was before, zeros where there was nothing.
 */
export function cutFile(file: SimFile, random: () => number): void {
  const [before, now] = [file.durable, file.bytes()]
  if (Buffer.compare(before, now) === 0) return
  const after = now.length < before.length && random() < 0.5 ? before : now
  const length = survivingLength(before.length, after.length, random)
  const survived = after.slice(0, length)
  // Half of the time sectors went to disk in their order, and only the length tells.
  const lossRate = random() < 0.5 ? 0 : random() * 0.5
  for (let start = 0; start < length; start += sectorBytes) {
    if (random() >= lossRate) continue
    const old = new Uint8Array(Math.min(sectorBytes, length - start))
    old.set(before.subarray(start, start + old.length))
    survived.set(old, start)
  }
  file.replace(survived)
}

function survivingLength(before: number, now: number, random: () => number): number {
  if (now <= before) return now
  const sectors = Math.ceil((now - before) / sectorBytes)
  return Math.min(now, before + Math.floor(random() * (sectors + 1)) * sectorBytes)
}

/** Of the changes since the last sync some are on disk, in any choice. */
export function cutDirectory(directory: SimDirectory, random: () => number): void {
  const entries = new Map(directory.durable)
  for (const change of directory.pending) if (random() < 0.5) applyChange(entries, change)
  directory.entries = entries
  directory.sync()
}
