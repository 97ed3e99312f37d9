import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What the kernel has charged to a process so far; Linux only. */
export interface Usage {
  readonly cpuSeconds: number
  readonly residentBytes: number
  readonly peakResidentBytes: number
}

/** USER_HZ is 100 on every Linux that Node runs on. */
const ticksPerSecond = 100

export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The command's name may hold spaces and brackets: fields are counted after the last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    residentBytes: kilobytes(status, 'VmRSS') * 1024,
    peakResidentBytes: kilobytes(status, 'VmHWM') * 1024,
  }
}

function kilobytes(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN)
}

export function directoryBytes(path: string): number {
  let bytes = 0
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inner = join(path, entry.name)
    if (entry.isDirectory()) bytes += directoryBytes(inner)
    // Blocks actually taken: Prometheus makes segments longer than what is written in them.
    else bytes += Math.min(statSync(inner).blocks * 512, statSync(inner).size)
  }
  return bytes
}
