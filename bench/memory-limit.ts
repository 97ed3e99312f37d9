import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = '/sys/fs/cgroup'

/** A control group with a memory limit, of either version; needs root. */
export class MemoryLimit {
  readonly #folder: string

  constructor(name: string, limitBytes: number) {
    const isFirst = existsSync(join(root, 'memory'))
    this.#folder = isFirst ? join(root, 'memory', name) : join(root, name)
    mkdirSync(this.#folder)
    const file = isFirst ? 'memory.limit_in_bytes' : 'memory.max'
    writeFileSync(join(this.#folder, file), String(limitBytes))
    // Without it a server would go on in the swap.
    const swap = join(this.#folder, isFirst ? 'memory.swappiness' : 'memory.swap.max')
    if (existsSync(swap)) writeFileSync(swap, '0')
  }

  /** The command that puts itself into the group and becomes the one given. */
  wrap(command: readonly string[]): readonly string[] {
    const procs = join(this.#folder, 'cgroup.procs')
    return ['/bin/sh', '-c', `echo $$ > ${procs} && exec "$@"`, 'sh', ...command]
  }

  /** When its processes have ended. */
  remove(): void {
    rmdirSync(this.#folder)
  }
}
