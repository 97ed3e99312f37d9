import type { FastifyInstance } from 'fastify'
import { AnchoredRegex, RegexError } from '../model/regex.ts'
import { contentTypeOf, negotiatedFormat } from '../wire/exposition-format.ts'
import { familyJson } from '../wire/family-json.ts'
import { writeFamily } from '../wire/family-protobuf.ts'
import { ProtoWriter } from '../wire/proto-writer.ts'
import { textPage } from '../wire/text-page.ts'
import type { ApiOptions } from './api-options.ts'
import { ApiError } from './error-reply.ts'
import { type ApiRoute, data } from './request.ts'
import { sendAnswer } from './send-answer.ts'

/** Our own metrics for scrapers, in the format that they want (row A8.7). */
export function addMetricsPage(
  server: FastifyInstance,
  { metrics, httpMetrics }: ApiOptions,
): void {
  server.get('/metrics', (request, reply) => {
    const format = negotiatedFormat(request.headers.accept ?? '')
    let bytes: Uint8Array
    if (format.kind === 'protobuf') {
      const out = new ProtoWriter(1 << 16)
      for (const family of metrics.families()) writeFamily(out, family, format.escaping)
      bytes = out.view()
    } else bytes = new TextEncoder().encode(textPage(metrics.families(), format))
    const contentType = contentTypeOf(format)
    httpMetrics.pageSent(200)
    return sendAnswer(request, reply, { kind: 'bytes', pieces: [bytes], contentType })
  })
}

/** The same for the API (row A6.7): families whose whole name a pattern matches. */
export function selfMetricsRoute({ metrics }: ApiOptions): ApiRoute {
  return {
    methods: ['GET'],
    path: 'status/self_metrics',
    handle: ({ parameters }) => {
      const pattern = parameters.text('metric_name_pattern')
      const regex = pattern === '' ? undefined : nameRegex(pattern)
      const families = metrics.families().filter(({ name }) => regex?.test(name) ?? true)
      return data(families.map(familyJson))
    },
  }
}

function nameRegex(pattern: string): AnchoredRegex {
  try {
    return new AnchoredRegex(pattern)
  } catch (thrown) {
    if (!(thrown instanceof RegexError)) throw thrown
    throw new ApiError('bad_data', `invalid metric_name_pattern: ${thrown.message}`)
  }
}
