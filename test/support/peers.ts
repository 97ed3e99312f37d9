import { existsSync } from 'node:fs'
import { join } from 'node:path'

export type Peer =
  | 'prometheus'
  | 'promtool'
  | 'alertmanager'
  | 'amtool'
  | 'node_exporter'
  | 'victoria-metrics'
  | 'vmagent'
  | 'vmctl'

/** The folder of real programs to test beside; undefined where there is none. */
export const peersDirectory = process.env.NARTHEX_PEERS

/** True, and said loudly, when a test has to be skipped for want of real programs. */
export const peersAreAbsent = absent()

export function peer(name: Peer): string {
  const path = join(peersDirectory ?? '', name)
  if (!existsSync(path)) throw new Error(`NARTHEX_PEERS has no ${name}: ${path}`)
  return path
}

function absent(): boolean {
  if (peersDirectory !== undefined) return false
  console.log('SKIPPED: NARTHEX_PEERS is not set, so nothing is tested beside real programs here')
  return true
}
