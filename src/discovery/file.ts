import { dirname } from 'node:path'
import type { Timer } from '../base/clock.ts'
import { messageOf, NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { FileDiscoveryConfig } from '../config/discovery/file.ts'
import { filesMatching } from '../config/glob.ts'
import { Labels, LabelsBuilder } from '../model/labels.ts'
import type { Discoverer, GroupSink, TargetGroup } from './discoverer.ts'
import { FileDiscoveryMetrics } from './file-metrics.ts'
import type { DiscoveryTools, Mechanism } from './mechanism.ts'
import { readGroupsOfFile } from './target-group-file.ts'

const filePathLabel = '__meta_filepath'

export const fileMechanism: Mechanism<'file'> = (registry) => {
  const metrics = new FileDiscoveryMetrics(registry)
  return (config, tools) => new FileDiscoverer(config, { ...tools, metrics })
}

/**
 * file_sd_configs: target groups in JSON or YAML files. Watches the folders, which also sees files
 * that are renamed into place, and reads again every refresh_interval. A file that cannot be read
 * or parsed keeps its last good groups.
 */
class FileDiscoverer implements Discoverer {
  readonly #config: FileDiscoveryConfig
  readonly #options: DiscoveryTools & { readonly metrics: FileDiscoveryMetrics }
  #watches: readonly { close(): void }[] = []
  /** The groups that each file had when it was last read well. */
  readonly #groupCounts = new Map<string, number>()
  #timer: Timer | undefined
  /** Runs while changes are being gathered. */
  #gathering: Timer | undefined
  #isChanged = false
  #report: GroupSink = () => undefined

  constructor(
    config: FileDiscoveryConfig,
    options: DiscoveryTools & { readonly metrics: FileDiscoveryMetrics },
  ) {
    this.#config = config
    this.#options = options
  }

  start(report: GroupSink): void {
    this.#report = report
    this.#refresh()
    this.#timer = this.#options.clock.every(this.#config.refreshIntervalMs, () => this.#refresh())
  }

  stop(): void {
    this.#timer?.cancel()
    this.#gathering?.cancel()
    for (const watch of this.#watches) watch.close()
    this.#watches = []
    for (const file of this.#groupCounts.keys()) this.#options.metrics.fileGone(this, file)
  }

  #refresh(): void {
    const startMs = this.#options.clock.monotonicMs()
    this.#watchFolders()
    const files = this.#files()
    const groups = files.flatMap((file) => this.#readFile(file))
    for (const file of [...this.#groupCounts.keys()]) {
      if (!files.includes(file)) groups.push(...this.#goneFile(file))
    }
    this.#report(groups)
    this.#options.metrics.scanSeconds((this.#options.clock.monotonicMs() - startMs) / 1_000)
  }

  /** The first change is read at once, what follows within a second is read together. */
  #changed(): void {
    this.#isChanged = true
    if (this.#gathering !== undefined) return
    this.#isChanged = false
    this.#refresh()
    this.#gathering = this.#options.clock.after(limits.fileChangesGatheredMs, () => {
      this.#gathering = undefined
      if (this.#isChanged) this.#changed()
    })
  }

  #files(): readonly string[] {
    const { fs, logger } = this.#options
    return this.#config.files.flatMap((glob) => {
      try {
        return filesMatching(fs, glob)
      } catch (thrown) {
        if (!(thrown instanceof NarthexError)) throw thrown
        logger.error('Error expanding glob', { glob, err: thrown.message })
        return []
      }
    })
  }

  /** The file's groups, and an empty one for each that it no longer has. */
  #readFile(file: string): readonly TargetGroup[] {
    const { fs, logger, metrics } = this.#options
    let groups: readonly TargetGroup[]
    try {
      const mtimeMs = fs.stat(file)?.mtimeMs ?? 0
      groups = readGroupsOfFile(new TextDecoder().decode(fs.readFile(file)), file).map(
        (group, index) => ({
          source: `${file}:${index}`,
          targets: group.targets,
          labels: new LabelsBuilder(group.labels).set(filePathLabel, file).build(),
        }),
      )
      metrics.fileRead(this, file, mtimeMs / 1_000)
    } catch (thrown) {
      metrics.readError()
      logger.error('Error reading file', { path: file, err: messageOf(thrown) })
      return []
    }
    const before = this.#groupCounts.get(file) ?? 0
    this.#groupCounts.set(file, groups.length)
    return [...groups, ...emptyGroups(file, groups.length, before)]
  }

  #goneFile(file: string): readonly TargetGroup[] {
    const before = this.#groupCounts.get(file) ?? 0
    this.#groupCounts.delete(file)
    this.#options.metrics.fileGone(this, file)
    return emptyGroups(file, 0, before)
  }

  /**
   * Anew for every reading, the new watch before the old one is given up: a folder that was
   * replaced by another of its name is not watched any more. One that is not there is tried again.
   */
  #watchFolders(): void {
    const { fs, logger, metrics } = this.#options
    const before = this.#watches
    const watches: { close(): void }[] = []
    for (const folder of new Set(this.#config.files.map((file) => dirname(file)))) {
      if (fs.stat(folder)?.kind !== 'directory') continue
      try {
        watches.push(fs.watch(folder, () => this.#changed()))
      } catch (thrown) {
        metrics.watchError()
        logger.error('Error adding file watch', { path: folder, err: messageOf(thrown) })
      }
    }
    this.#watches = watches
    for (const watch of before) watch.close()
  }
}

function emptyGroups(file: string, from: number, to: number): readonly TargetGroup[] {
  const groups: TargetGroup[] = []
  for (let index = from; index < to; index++) {
    groups.push({ source: `${file}:${index}`, targets: [], labels: Labels.empty })
  }
  return groups
}
