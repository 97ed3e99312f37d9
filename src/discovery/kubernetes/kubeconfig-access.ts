import { messageOf, NarthexError } from '../../base/errors.ts'
import { type HttpClientConfig, plainHttp } from '../../config/http-config.ts'
import { noProxy } from '../../config/proxy-config.ts'
import { Secret } from '../../config/secret.ts'
import { HttpClient } from '../../http/http-client.ts'
import type { DiscoveryTools } from '../mechanism.ts'
import type { ClusterAccess } from './cluster-access.ts'

/**
 * With the current context of a kubeconfig file. Tokens and certificates that come from commands or
 * from OpenID Connect are fetched by Kubernetes' own client, which keeps them until they expire; it
 * is loaded only here. Rejects with NarthexError.
 */
export async function kubeconfigAccess(
  file: string,
  { fs, clock, resolver }: DiscoveryTools,
): Promise<ClusterAccess> {
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js')
  const kube = new KubeConfig()
  try {
    kube.loadFromFile(file)
  } catch (thrown) {
    throw invalid(file, messageOf(thrown))
  }
  const cluster = kube.getCurrentCluster()
  const user = kube.getCurrentUser()
  if (cluster === null) throw invalid(file, 'the current context has no cluster')
  if (!URL.canParse(cluster.server)) throw invalid(file, `server ${cluster.server} is no URL`)
  const config = clientConfig(cluster, user ?? {})
  const open = (http: HttpClientConfig) => new HttpClient({ config: http, fs, clock, resolver })
  const impersonated = user?.impersonateUser
  const fixed = impersonated === undefined ? [] : ['Impersonate-User', impersonated]
  const hasHelper = user?.exec !== undefined || user?.authProvider !== undefined
  let client = open(config)
  let certificate: string | undefined
  return {
    base: new URL(cluster.server),
    async request() {
      if (!hasHelper) return { client, headers: fixed }
      const given: Parameters<typeof kube.applyToHTTPSOptions>[0] = {}
      await kube.applyToHTTPSOptions(given)
      const { cert, key, headers } = given
      const shown = cert === undefined ? undefined : String(cert)
      if (shown !== certificate && shown !== undefined) {
        certificate = shown
        const tls = { ...config.tls, cert: shown, key: new Secret(String(key)) }
        // Requests that are under way with the old one may finish.
        client = open({ ...config, tls: { ...tls, certFile: '', keyFile: '' } })
      }
      return { client, headers: [...fixed, ...authorizationOf(headers)] }
    },
    close: () => client.close(),
  }
}

interface KubeCluster {
  readonly caData?: string
  readonly caFile?: string
  readonly tlsServerName?: string
  readonly skipTLSVerify?: boolean
  readonly proxyUrl?: string
}

interface KubeUser {
  readonly certData?: string
  readonly certFile?: string
  readonly keyData?: string
  readonly keyFile?: string
  readonly token?: string
  readonly username?: string
  readonly password?: string
}

function clientConfig(cluster: KubeCluster, user: KubeUser): HttpClientConfig {
  const text = (data: string | undefined) =>
    data === undefined ? '' : Buffer.from(data, 'base64').toString()
  const keyText = text(user.keyData)
  const { token, username, password, certData } = user
  // The data win over the files, as upstream has it.
  const tls = {
    ...plainHttp.tls,
    ca: text(cluster.caData),
    caFile: cluster.caData === undefined ? (cluster.caFile ?? '') : '',
    cert: text(certData),
    certFile: certData === undefined ? (user.certFile ?? '') : '',
    key: keyText === '' ? undefined : new Secret(keyText),
    keyFile: keyText === '' ? (user.keyFile ?? '') : '',
    serverName: cluster.tlsServerName ?? '',
    insecureSkipVerify: cluster.skipTLSVerify === true,
  }
  const proxy =
    cluster.proxyUrl === undefined
      ? { ...noProxy, fromEnvironment: true }
      : { ...noProxy, url: new Secret(cluster.proxyUrl) }
  if (token !== undefined) {
    const credentials = new Secret(token.trim())
    const authorization = { type: 'Bearer', credentials, credentialsFile: '' }
    return { ...plainHttp, tls, proxy, authorization }
  }
  if (username === undefined) return { ...plainHttp, tls, proxy }
  const secret = new Secret(password ?? '')
  const basicAuth = { username, usernameFile: '', password: secret, passwordFile: '' }
  return { ...plainHttp, tls, proxy, basicAuth }
}

function authorizationOf(headers: unknown): readonly string[] {
  if (typeof headers !== 'object' || headers === null) return []
  const value: unknown = Reflect.get(headers, 'Authorization')
  return typeof value === 'string' ? ['Authorization', value] : []
}

function invalid(file: string, reason: string): NarthexError {
  return new NarthexError('CONFIG_INVALID', `kubeconfig ${file}: ${reason}`)
}
