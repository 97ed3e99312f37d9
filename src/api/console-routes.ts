import type { FastifyInstance } from 'fastify'
import type { ConsoleReply } from '../rules/console-contract.ts'
import type { ApiOptions } from './api-options.ts'
import { decodedPath } from './decoded-path.ts'
import { formFault, parseForm } from './form.ts'
import { notReady } from './not-ready.ts'
import type { OpenRequests } from './open-requests.ts'
import { textContentType } from './text-content-type.ts'

const statusOf: Readonly<Record<Exclude<ConsoleReply, { ok: true }>['kind'], number>> = {
  'not found': 404,
  'bad parameters': 400,
  failed: 500,
}

/** Pages that operators write as templates. Scripts within them run: they are the operator's own. */
export function addConsoles(
  server: FastifyInstance,
  options: ApiOptions,
  open: OpenRequests,
): void {
  server.get('/consoles/*', async (request, reply) => {
    if (!options.isReady()) return notReady(reply)
    const [path = '', ...rest] = request.url.split('?')
    const question = rest.join('?')
    const answer = await options.consoles().page({
      path: decodedPath(path.slice('/consoles'.length)),
      parameters: parseForm(question),
      parametersFault: formFault(question),
      client: {
        kind: 'http',
        clientAddress: request.ip,
        method: request.method,
        path: decodedPath(path),
      },
      signal: open.signalOf(reply.raw),
    })
    if (answer.ok) {
      const { page } = answer
      if (page.length === 0) return reply.send()
      const bytes = Buffer.from(page.buffer, page.byteOffset, page.length)
      return reply.type(textContentType(bytes)).send(bytes)
    }
    return reply
      .code(statusOf[answer.kind])
      .type('text/plain; charset=utf-8')
      .send(`${answer.message}\n`)
  })
}
