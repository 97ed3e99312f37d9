import { dirname, resolve } from 'node:path'
import {
  type Cluster,
  newClusters,
  newContexts,
  newUsers,
  type User,
} from '@kubernetes/client-node/dist/config_types.js'
import { messageOf, NarthexError } from '../../base/errors.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { parseYaml } from '../../config/yaml-node.ts'
import { type PlainMap, type PlainValue, plainValue } from '../../config/yaml-plain.ts'

/** What the current context of a kubeconfig file says. */
export interface Kubeconfig {
  readonly cluster: Cluster
  /** Undefined for a context without one. */
  readonly user: User | undefined
  /** '' where there is none. */
  readonly tokenFile: string
}

/** Paths in it start at the file's folder. Throws NarthexError CONFIG_INVALID. */
export function readKubeconfig(file: string, fs: FileSystem): Kubeconfig {
  try {
    const node = parseYaml(new TextDecoder().decode(fs.readFile(file)))
    const whole = mapOf(node === undefined ? null : plainValue(node))
    const name = String(whole['current-context'] ?? '')
    const context = newContexts(whole.contexts).find((each) => each.name === name)
    if (context === undefined) throw new Error(`there is no context ${JSON.stringify(name)}`)
    const cluster = newClusters(whole.clusters).find((each) => each.name === context.cluster)
    if (cluster === undefined) throw new Error(`there is no cluster ${context.cluster}`)
    const user = newUsers(whole.users).find((each) => each.name === context.user)
    const raw = listOf(whole.users).map(mapOf)
    const own = mapOf(raw.find((each) => each.name === context.user)?.user)
    const path = (text: PlainValue | undefined) =>
      typeof text === 'string' && text !== '' ? resolve(dirname(file), text) : ''
    if (cluster.caFile) cluster.caFile = path(cluster.caFile)
    if (user?.certFile) user.certFile = path(user.certFile)
    if (user?.keyFile) user.keyFile = path(user.keyFile)
    return { cluster, user, tokenFile: path(own.tokenFile) }
  } catch (thrown) {
    const text = `kubeconfig ${file}: ${messageOf(thrown)}`
    throw new NarthexError('CONFIG_INVALID', text, { cause: thrown })
  }
}

function mapOf(value: PlainValue | undefined): PlainMap {
  return isMap(value) ? value : {}
}

function isMap(value: PlainValue | undefined): value is PlainMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function listOf(value: PlainValue | undefined): readonly PlainValue[] {
  return Array.isArray(value) ? value : []
}
