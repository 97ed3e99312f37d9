import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { nodeFileSystem } from '../../../src/base/node-file-system.ts'
import { certificateFile, certificateText } from '../../support/certificate.ts'
import { DiscoveryBench } from '../../support/discovery-bench.ts'
import { serviceObject } from '../../support/kubernetes-objects.ts'
import { KubernetesServer } from '../../support/kubernetes-server.ts'
import { secureServer } from '../../support/secure-server.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

/** A cluster behind TLS that asks for client certificates; two services in two namespaces. */
async function secureCluster() {
  const cluster = new KubernetesServer()
  const ports = [{ name: 'p', port: 80, protocol: 'TCP' }]
  cluster.put('services', serviceObject('x', 'a', { ports }))
  cluster.put('services', serviceObject('y', 'b', { ports }))
  const server = await secureServer(
    (request, answer) => cluster.answer(request as never, answer as never),
    { requestCert: true, rejectUnauthorized: false, ca: certificateText('authority.pem') },
  )
  return { server, cluster, url: `https://server.example:${server.port}` }
}

function kubeconfig(server: number, user: object, directory: string, more: object = {}): string {
  const file = join(directory, 'kubeconfig')
  const cluster = {
    server: `https://127.0.0.1:${server}`,
    'certificate-authority-data': readFileSync(certificateFile('authority.pem')).toString('base64'),
    ...more,
  }
  const text = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'two',
    clusters: [{ name: 'c', cluster }],
    users: [
      { name: 'other', user: { token: 'wrong' } },
      { name: 'u', user },
    ],
    contexts: [
      { name: 'one', context: { cluster: 'c', user: 'other' } },
      { name: 'two', context: { cluster: 'c', user: 'u' } },
    ],
  }
  writeFileSync(file, JSON.stringify(text))
  return file
}

async function untilTold(made: DiscoveryBench, section: string, lines: readonly string[]) {
  made.apply(`- job_name: j\n  kubernetes_sd_configs:\n  - {role: service, ${section}}`)
  for (let tries = 0; tries < 150 && made.told.at(-1)?.length !== lines.length; tries++) {
    await made.clock.advance(100)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  expect(
    made.told.at(-1)?.map((line) => line.split(' ')[1]),
    made.logged.join(),
  ).toEqual(lines)
}

const both = ['a.x.svc:80', 'b.y.svc:80']

describe('a kubeconfig file', () => {
  it('is used with its token, its authority and its paths', async () => {
    const { server } = await secureCluster()
    const file = kubeconfig(server.port, { token: 'tok' }, temporaryDirectory())
    await untilTold(new DiscoveryBench(), `kubeconfig_file: ${file}`, both)
    expect(server.requests[0]?.headers.authorization).toBe('Bearer tok')
    expect(server.requests[0]?.client).toBeUndefined()
  })

  it('is used with certificates and a token file beside it', async () => {
    const { server } = await secureCluster()
    const directory = temporaryDirectory()
    for (const end of ['pem', 'key']) {
      const name = `client-one.${end}`
      nodeFileSystem.writeFile(join(directory, name), readFileSync(certificateFile(name)))
    }
    writeFileSync(join(directory, 'token'), 'from-file\n')
    const user = {
      'client-certificate': 'client-one.pem',
      'client-key': './client-one.key',
      tokenFile: 'token',
    }
    const file = kubeconfig(server.port, user, directory, { 'tls-server-name': 'server.example' })
    await untilTold(new DiscoveryBench(), `kubeconfig_file: ${file}`, both)
    expect(server.requests[0]?.client).toBe('client-one')
    expect(server.requests[0]?.headers.authorization).toBe('Bearer from-file')
  })

  it('runs a command for a token and a certificate, and keeps them until they expire', async () => {
    const { server } = await secureCluster()
    const directory = temporaryDirectory()
    const command = join(directory, 'login')
    const status = {
      token: 'from-command',
      clientCertificateData: certificateText('client-two.pem'),
      clientKeyData: certificateText('client-two.key'),
      expirationTimestamp: '2100-01-01T00:00:00Z',
    }
    const reply = JSON.stringify({ kind: 'ExecCredential', status })
    writeFileSync(join(directory, 'reply'), reply)
    const script = `#!/bin/sh\necho "$1 $KUBERNETES_EXEC_INFO" >> ${directory}/calls\ncat ${directory}/reply\n`
    writeFileSync(command, script)
    chmodSync(command, 0o755)
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command, args: ['get-token'] }
    const file = kubeconfig(server.port, { exec }, directory)
    await untilTold(new DiscoveryBench(), `kubeconfig_file: ${file}`, both)
    expect(server.requests[0]?.client).toBe('client-two')
    expect(server.requests[0]?.headers.authorization).toBe('Bearer from-command')
    const [call = '', ...more] = readFileSync(join(directory, 'calls'), 'utf8').trim().split('\n')
    expect(more).toEqual([])
    expect(call.startsWith('get-token ')).toBe(true)
    expect(JSON.parse(call.slice('get-token '.length))).toEqual({
      kind: 'ExecCredential',
      apiVersion: 'client.authentication.k8s.io/v1',
      spec: { interactive: false },
    })
  })

  it('that cannot be used is told, and tried again', async () => {
    const { server } = await secureCluster()
    const directory = temporaryDirectory()
    const made = new DiscoveryBench()
    const file = join(directory, 'kubeconfig')
    made.apply(
      `- job_name: j\n  kubernetes_sd_configs:\n  - {role: service, kubeconfig_file: ${file}}`,
    )
    await made.untilMetric('prometheus_sd_kubernetes_failures_total', 1)
    expect(made.logged.join()).toContain(`kubeconfig ${file}: ENOENT`)
    kubeconfig(server.port, { username: 'me', password: 'pw' }, directory)
    await made.clock.advance(30_000)
    for (let tries = 0; tries < 150 && made.told.at(-1)?.length !== 2; tries++) {
      await made.clock.advance(100)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    const basic = `Basic ${Buffer.from('me:pw').toString('base64')}`
    expect(server.requests[0]?.headers.authorization).toBe(basic)
  })
})

describe('the service account of a pod', () => {
  it('gives the server, its authority, a token that is rotated, and the own namespace', async () => {
    const { server } = await secureCluster()
    const account = join(temporaryDirectory(), 'account')
    mkdirSync(account)
    writeFileSync(join(account, 'ca.crt'), certificateText('authority.pem'))
    writeFileSync(join(account, 'token'), 'first')
    writeFileSync(join(account, 'namespace'), 'y')
    vi.stubEnv('KUBERNETES_SERVICE_HOST', '127.0.0.1')
    vi.stubEnv('KUBERNETES_SERVICE_PORT', String(server.port))
    const here = (path: string) =>
      path.replace('/var/run/secrets/kubernetes.io/serviceaccount', account)
    const fs = {
      ...nodeFileSystem,
      readFile: (path: string) => nodeFileSystem.readFile(here(path)),
      stat: (path: string) => nodeFileSystem.stat(here(path)),
    }
    const made = new DiscoveryBench({ fs })
    await untilTold(made, 'namespaces: {own_namespace: true}', ['b.y.svc:80'])
    expect(server.requests[0]?.url).toBe('/api/v1/namespaces/y/services?limit=500')
    writeFileSync(join(account, 'token'), 'second')
    await untilTold(made, 'selectors: [{role: service, label: app=web}]', both)
    const tokens = new Set(server.requests.map((seen) => seen.headers.authorization))
    expect([...tokens]).toEqual(['Bearer first', 'Bearer second'])
    vi.unstubAllEnvs()
  })

  it('is told to be missing outside of a cluster', () => {
    const made = new DiscoveryBench()
    made.apply('- job_name: j\n  kubernetes_sd_configs:\n  - role: pod')
    expect(made.logged.join()).toContain('unable to load in-cluster configuration')
  })
})
