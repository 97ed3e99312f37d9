import { NarthexError } from '../../base/errors.ts'
import { type HttpClientConfig, plainHttp } from '../../config/http-config.ts'
import { HttpClient } from '../../http/http-client.ts'
import type { Environment } from '../../http/proxy-rule.ts'
import type { DiscoveryTools } from '../mechanism.ts'

/** How the API of a cluster is reached. */
export interface ClusterAccess {
  /** Its path stands before all others. */
  readonly base: URL
  /** What the next request goes with; headers are name, value, ... May run a command for a token. */
  request(): Promise<{ readonly client: HttpClient; readonly headers: readonly string[] }>
  close(): void
}

/** The name under which connections to clusters are counted. */
export const clusterDialer = 'kubernetes_sd'

/** As Kubernetes mounts it into every pod. */
export const serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount'

/** With the client that the configuration describes. */
export function fixedAccess(
  base: URL,
  http: HttpClientConfig,
  { fs, clock, resolver, dialers }: Pick<DiscoveryTools, 'fs' | 'clock' | 'resolver' | 'dialers'>,
): ClusterAccess {
  const client = new HttpClient({
    config: http,
    fs,
    clock,
    resolver,
    dials: dialers.named(clusterDialer),
  })
  return {
    base,
    request: async () => ({ client, headers: [] }),
    close: () => client.close(),
  }
}

/**
 * With the service account of the pod that we run in; its token is rotated, and read for every
 * request. Throws NarthexError outside of a cluster.
 */
export function inClusterAccess(tools: DiscoveryTools, environment: Environment): ClusterAccess {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '' } = environment
  if (host === '' || port === '') {
    throw new NarthexError(
      'HTTP_REQUEST_FAILED',
      'unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined',
    )
  }
  const base = new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`)
  const credentialsFile = `${serviceAccountDirectory}/token`
  const http: HttpClientConfig = {
    ...plainHttp,
    authorization: { type: 'Bearer', credentials: undefined, credentialsFile },
    tls: { ...plainHttp.tls, caFile: `${serviceAccountDirectory}/ca.crt` },
  }
  return fixedAccess(base, http, tools)
}

/** The namespace of the pod that we run in. Throws NarthexError where nobody says. */
export function ownNamespace({ fs }: DiscoveryTools): string {
  const file = `${serviceAccountDirectory}/namespace`
  const stat = fs.stat(file)
  const name = stat?.kind === 'file' ? new TextDecoder().decode(fs.readFile(file)) : ''
  if (name !== '') return name
  const reason = stat === undefined ? `${file} is not there` : `${file} is empty`
  throw new NarthexError(
    'HTTP_REQUEST_FAILED',
    `could not determine the pod's namespace: ${reason}`,
  )
}
