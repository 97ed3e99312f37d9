import { NarthexError } from '../../base/errors.ts'
import { type HttpClientConfig, plainHttp } from '../../config/http-config.ts'
import { noProxy } from '../../config/proxy-config.ts'
import { Secret } from '../../config/secret.ts'
import { HttpClient } from '../../http/http-client.ts'
import type { DiscoveryTools } from '../mechanism.ts'
import { type ClusterAccess, clusterDialer } from './cluster-access.ts'
import type { Kubeconfig } from './kubeconfig.ts'

/** What a helper of Kubernetes' own client fills in. */
interface GivenCredentials {
  headers?: Record<string, string>
  cert?: string
  key?: string
}

/**
 * With the current context of a kubeconfig file. Tokens and certificates that come from commands or
 * from OpenID Connect are fetched by Kubernetes' own client, which keeps them until they expire; it
 * is loaded only here. Rejects with NarthexError.
 */
export async function kubeconfigAccess(
  file: string,
  { fs, clock, resolver, dialers }: DiscoveryTools,
): Promise<ClusterAccess> {
  const { readKubeconfig } = await import('./kubeconfig.ts')
  const kubeconfig = readKubeconfig(file, fs)
  const { cluster } = kubeconfig
  if (!URL.canParse(cluster.server)) {
    const text = `kubeconfig ${file}: server ${JSON.stringify(cluster.server)} is no URL`
    throw new NarthexError('CONFIG_INVALID', text)
  }
  const help = await helperOf(kubeconfig, file)
  const config = clientConfig(kubeconfig)
  const dials = dialers.named(clusterDialer)
  const open = (http: HttpClientConfig) =>
    new HttpClient({ config: http, fs, clock, resolver, dials })
  const impersonated = kubeconfig.user?.impersonateUser
  const fixed = impersonated ? ['Impersonate-User', impersonated] : []
  const clients = [open(config)]
  let certificate: string | undefined
  let current = clients[0]
  return {
    base: new URL(cluster.server),
    async request() {
      const { headers = {}, cert, key } = await help()
      if (current === undefined || (cert !== undefined && cert !== certificate)) {
        certificate = cert
        const own = { cert: cert ?? '', key: new Secret(key ?? ''), certFile: '', keyFile: '' }
        current = open({ ...config, tls: { ...config.tls, ...own } })
        clients.push(current)
      }
      return { client: current, headers: [...fixed, ...Object.entries(headers).flat()] }
    },
    // Requests with an older certificate may be under way.
    close: () => {
      for (const client of clients) client.close()
    },
  }
}

/** What asks for the credentials of the next request. */
async function helperOf(
  { user, cluster }: Kubeconfig,
  file: string,
): Promise<() => Promise<GivenCredentials>> {
  if (!user || (!user.exec && !user.authProvider)) return async () => ({})
  const { ExecAuth } = await import('@kubernetes/client-node/dist/exec_auth.js')
  const { OpenIDConnectAuth } = await import('@kubernetes/client-node/dist/oidc_auth.js')
  const helper = [new ExecAuth(), new OpenIDConnectAuth()].find((each) => each.isAuthProvider(user))
  if (helper === undefined) {
    throw new NarthexError('CONFIG_INVALID', `kubeconfig ${file}: unknown auth-provider`)
  }
  if (user.exec) tellExecInfo(user.exec, cluster)
  return async () => {
    const given: GivenCredentials = {}
    await helper.applyAuthentication(user, given)
    return given
  }
}

interface ExecSection {
  readonly apiVersion?: string
  readonly provideClusterInfo?: boolean
  env?: { readonly name: string; readonly value: string }[] | null
}

/** Commands are told by the environment what they are asked for; Kubernetes' client leaves it out. */
function tellExecInfo(exec: ExecSection, cluster: Kubeconfig['cluster']): void {
  const { server, caData, tlsServerName, skipTLSVerify } = cluster
  const told = {
    server,
    'certificate-authority-data': caData,
    'tls-server-name': tlsServerName,
    'insecure-skip-tls-verify': skipTLSVerify,
  }
  const spec = { interactive: false, ...(exec.provideClusterInfo ? { cluster: told } : {}) }
  const apiVersion = exec.apiVersion ?? 'client.authentication.k8s.io/v1'
  const value = JSON.stringify({ kind: 'ExecCredential', apiVersion, spec })
  exec.env = [...(exec.env ?? []), { name: 'KUBERNETES_EXEC_INFO', value }]
}

function clientConfig({ cluster, user, tokenFile }: Kubeconfig): HttpClientConfig {
  const text = (data: string | null | undefined) => Buffer.from(data ?? '', 'base64').toString()
  const key = text(user?.keyData)
  // The data win over the files.
  const tls = {
    ...plainHttp.tls,
    ca: text(cluster.caData),
    caFile: cluster.caData ? '' : (cluster.caFile ?? ''),
    cert: text(user?.certData),
    certFile: user?.certData ? '' : (user?.certFile ?? ''),
    key: key === '' ? undefined : new Secret(key),
    keyFile: key === '' ? (user?.keyFile ?? '') : '',
    serverName: cluster.tlsServerName ?? '',
    insecureSkipVerify: cluster.skipTLSVerify,
  }
  const { proxyUrl } = cluster
  const proxy = proxyUrl
    ? { ...noProxy, url: new Secret(proxyUrl) }
    : { ...noProxy, fromEnvironment: true }
  const http = { ...plainHttp, tls, proxy }
  if (tokenFile !== '' || user?.token) {
    const credentials = tokenFile === '' ? new Secret(user?.token?.trim() ?? '') : undefined
    return { ...http, authorization: { type: 'Bearer', credentials, credentialsFile: tokenFile } }
  }
  if (!user?.username) return http
  const password = new Secret(user.password ?? '')
  const { username } = user
  return { ...http, basicAuth: { username, usernameFile: '', password, passwordFile: '' } }
}
