import { dirname } from 'node:path'
import type { Clock, Timer } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { FileDiscoveryConfig } from '../config/discovery-config.ts'
import { filesMatching } from '../config/glob.ts'
import { readTargetFile } from '../config/target-file.ts'
import { Labels, LabelsBuilder } from '../model/labels.ts'
import type { Discoverer, TargetGroup } from './discoverer.ts'
import type { FileDiscoveryMetrics } from './discovery-metrics.ts'

const filePathLabel = '__meta_filepath'

export interface FileDiscovererOptions {
  readonly fs: FileSystem
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: FileDiscoveryMetrics
}

/**
 * file_sd_configs: target groups in JSON or YAML files. Watches the folders, which also sees files
 * that are renamed into place, and reads again every refresh_interval. A file that cannot be read
 * or parsed keeps its last good groups.
 */
export class FileDiscoverer implements Discoverer {
  readonly #config: FileDiscoveryConfig
  readonly #options: FileDiscovererOptions
  readonly #watches = new Map<string, { close(): void }>()
  /** The groups that each file had when it was last read well. */
  readonly #groupCounts = new Map<string, number>()
  #timer: Timer | undefined
  /** Runs while changes are being gathered. */
  #gathering: Timer | undefined
  #isChanged = false
  #report: (groups: readonly TargetGroup[]) => void = () => undefined

  constructor(config: FileDiscoveryConfig, options: FileDiscovererOptions) {
    this.#config = config
    this.#options = options
  }

  start(report: (groups: readonly TargetGroup[]) => void): void {
    this.#report = report
    this.#refresh()
    this.#timer = this.#options.clock.every(this.#config.refreshIntervalMs, () => this.#refresh())
  }

  stop(): void {
    this.#timer?.cancel()
    this.#gathering?.cancel()
    for (const watch of this.#watches.values()) watch.close()
    this.#watches.clear()
    for (const file of this.#groupCounts.keys()) this.#options.metrics.forgetFile(file)
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
    return this.#config.files.flatMap((glob) => filesMatching(this.#options.fs, glob))
  }

  /** The file's groups, and an empty one for each that it no longer has. */
  #readFile(file: string): readonly TargetGroup[] {
    const { fs, logger, metrics } = this.#options
    let groups: readonly TargetGroup[]
    try {
      const mtimeMs = fs.stat(file)?.mtimeMs ?? 0
      groups = readTargetFile(new TextDecoder().decode(fs.readFile(file)), file).map(
        (group, index) => ({
          source: `${file}:${index}`,
          targets: group.targets.map((address) => Labels.of({ __address__: address })),
          labels: new LabelsBuilder(group.labels).set(filePathLabel, file).build(),
        }),
      )
      metrics.fileRead(file, mtimeMs / 1_000)
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
    this.#options.metrics.forgetFile(file)
    return emptyGroups(file, 0, before)
  }

  /** Folders that are not there yet are tried again with the next refresh. */
  #watchFolders(): void {
    const { fs, logger, metrics } = this.#options
    for (const folder of new Set(this.#config.files.map((file) => dirname(file)))) {
      if (this.#watches.has(folder) || fs.stat(folder)?.kind !== 'directory') continue
      try {
        this.#watches.set(
          folder,
          fs.watch(folder, () => this.#changed()),
        )
      } catch (thrown) {
        metrics.watchError()
        logger.error('Error adding file watch', { path: folder, err: messageOf(thrown) })
      }
    }
  }
}

function emptyGroups(file: string, from: number, to: number): readonly TargetGroup[] {
  const groups: TargetGroup[] = []
  for (let index = from; index < to; index++) {
    groups.push({ source: `${file}:${index}`, targets: [], labels: Labels.empty })
  }
  return groups
}
