import type { FileSystem } from '../base/file-system.ts'
import type { MetricsRegistry } from '../base/self-metrics.ts'

const folder = '/proc/self'

/**
 * What Linux tells of the process, under the names of Prometheus' clients. Nothing is registered
 * where there is no /proc.
 */
export function registerProcessFiles(metrics: MetricsRegistry, fs: FileSystem): void {
  if (fs.stat(`${folder}/limits`) === undefined) return
  const gauge = (name: string, help: string, read: () => number) =>
    metrics.observed(name, 'gauge', help, read)
  const limitsText = metrics.oncePerPage(() => text(fs, 'limits'))
  gauge(
    'process_open_fds',
    'Number of open file descriptors.',
    () => fs.list(`${folder}/fd`).length,
  )
  gauge('process_max_fds', 'Maximum number of open file descriptors.', () =>
    softLimit(limitsText(), 'Max open files'),
  )
  gauge('process_virtual_memory_bytes', 'Virtual memory size in bytes.', () =>
    virtualBytes(text(fs, 'status')),
  )
  gauge(
    'process_virtual_memory_max_bytes',
    'Maximum amount of virtual memory available in bytes.',
    () => softLimit(limitsText(), 'Max address space'),
  )
  const netstatText = metrics.oncePerPage(() => text(fs, 'net/netstat'))
  const counted = (name: string, help: string, field: string) =>
    metrics.observed(name, 'counter', help, () => networkBytes(netstatText(), field))
  if (fs.stat(`${folder}/net/netstat`) === undefined) return
  counted(
    'process_network_receive_bytes_total',
    'Number of bytes received by the process over the network.',
    'InOctets',
  )
  counted(
    'process_network_transmit_bytes_total',
    'Number of bytes sent by the process over the network.',
    'OutOctets',
  )
}

function text(fs: FileSystem, name: string): string {
  return new TextDecoder().decode(fs.readFile(`${folder}/${name}`))
}

/** `Max open files   1024   4096   files`; without a limit it is the largest 64-bit number. */
function softLimit(limits: string, name: string): number {
  const line = limits.split('\n').find((one) => one.startsWith(name)) ?? ''
  const [soft = ''] = line.slice(name.length).trim().split(/\s+/)
  return soft === 'unlimited' ? 2 ** 64 : Number(soft)
}

/** `VmSize:  12345 kB`. */
function virtualBytes(status: string): number {
  return Number(/^VmSize:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024
}

/** Two lines `IpExt: ...`: names, and the values below them. Of the whole network namespace, as upstream. */
function networkBytes(netstat: string, field: string): number {
  const [names = [], values = []] = netstat
    .split('\n')
    .filter((line) => line.startsWith('IpExt: '))
    .map((line) => line.split(' '))
  return Number(values[names.indexOf(field)] ?? 0)
}
