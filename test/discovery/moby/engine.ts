import { join } from 'node:path'
import { type PageServer, pageServer } from '../../support/page-server.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

/** A Docker Engine's API over HTTP or a Unix socket, with the answers that a test gives it. */
export interface Engine {
  readonly asked: string[]
  readonly host: string
  answers: Readonly<Record<string, unknown>>
}

export async function startEngine(
  answers: Readonly<Record<string, unknown>>,
  options: { readonly apiVersion?: string; readonly isUnix?: boolean } = {},
): Promise<Engine> {
  const socketPath = options.isUnix ? join(temporaryDirectory(), 'docker.sock') : undefined
  const asked: string[] = []
  const engine = { asked, host: '', answers }
  const server: PageServer = await pageServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://docker')
    asked.push(decodeURIComponent(`${url.pathname}${url.search}`))
    if (options.apiVersion !== undefined) response.setHeader('Api-Version', options.apiVersion)
    if (url.pathname === '/_ping') {
      response.end('OK')
      return
    }
    const answer = engine.answers[url.pathname.replace(/^\/v[\d.]+/, '')]
    response.setHeader('Content-Type', 'application/json')
    response.statusCode = answer === undefined ? 503 : 200
    response.end(JSON.stringify(answer ?? { message: 'This node is not a swarm manager.' }))
  }, socketPath)
  engine.host = socketPath === undefined ? `tcp://${server.host}` : `unix://${socketPath}`
  return engine
}

export const networks = [
  {
    Name: 'bridge',
    Id: 'net-1',
    Scope: 'local',
    Driver: 'bridge',
    Internal: false,
    Ingress: false,
    Labels: {},
  },
  {
    Name: 'ingress',
    Id: 'net-2',
    Scope: 'swarm',
    Driver: 'overlay',
    Internal: true,
    Ingress: true,
    Labels: { 'com.docker.x': 'y' },
  },
]

const bridge = (prefix: string) => ({
  [`${prefix}network_id`]: 'net-1',
  [`${prefix}network_name`]: 'bridge',
  [`${prefix}network_scope`]: 'local',
  [`${prefix}network_internal`]: 'false',
  [`${prefix}network_ingress`]: 'false',
})

const ingress = (prefix: string) => ({
  [`${prefix}network_id`]: 'net-2',
  [`${prefix}network_name`]: 'ingress',
  [`${prefix}network_scope`]: 'swarm',
  [`${prefix}network_internal`]: 'true',
  [`${prefix}network_ingress`]: 'true',
  [`${prefix}network_label_com_docker_x`]: 'y',
})

/** The meta labels of the networks above. */
export const networkLabels = { bridge, ingress }
