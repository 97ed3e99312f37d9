import { expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import type { Logger } from '../../src/base/logger.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { type FinishedSpan, Tracer } from '../../src/base/tracer.ts'
import type { QueryRequest } from '../../src/storage/query-runner.ts'
import { startApi } from '../support/api-server.ts'
import { login, startSecured, users } from '../support/web-config.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'

it('a request is a span, a child of the one that the client names, and its query knows it', async () => {
  const spans: FinishedSpan[] = []
  const asked: QueryRequest[] = []
  const tracer = new Tracer(systemClock)
  tracer.use({ samplingFraction: 0, take: (span) => spans.push(span) })
  const { url } = await startApi({
    tracer,
    runner: () => ({
      run: async (request) => {
        asked.push(request)
        return { ok: false, errorType: 'internal', message: 'broken' }
      },
    }),
  })
  const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` }
  await fetch(`${url}/api/v1/query?query=up`, { headers })
  await fetch(`${url}/-/healthy`, { headers })
  await fetch(`${url}/-/healthy`)
  await expect.poll(() => spans.length).toBe(2)
  expect(
    spans.map(({ name, kind, parentSpanId, context, error, attributes }) => [
      ...[name, kind, parentSpanId, context.traceId === traceId, error],
      Object.fromEntries(attributes)['http.response.status_code'],
    ]),
  ).toEqual([
    ['GET /api/v1/query', 'server', '00f067aa0ba902b7', true, 'status 500', 500],
    ['GET /-/healthy', 'server', '00f067aa0ba902b7', true, undefined, 200],
  ])
  const [query] = asked
  expect(query?.kind === 'instant' ? query.trace : undefined).toEqual(spans[0]?.context)
})

it('the access log has a line for each request, those of strangers too, without parameters', async () => {
  const lines: object[] = []
  const logger: Logger = {
    ...silentLogger,
    info: (message, fields) => {
      if (message === 'HTTP request') lines.push({ ...fields, user_agent: undefined })
    },
  }
  const { url } = await startSecured(users, { accessLog: true, logger })
  await fetch(`${url}/api/v1/labels?match[]=secret`)
  await fetch(`${url}/-/healthy?a=b`, { headers: login('alice', 'wonderland') })
  await expect.poll(() => lines.length).toBe(2)
  const common = { client: '127.0.0.1', method: 'GET', http: '1.1' }
  expect(lines).toEqual([
    { ...common, path: '/api/v1/labels', status: 401 },
    {
      ...common,
      path: '/-/healthy',
      status: 200,
      size: 30,
      duration: expect.stringMatching(/^0\.\d{6}s$/),
    },
  ])
})
