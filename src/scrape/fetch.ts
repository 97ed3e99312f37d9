import { NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { Span } from '../base/tracer.ts'
import type { ScrapeConfig } from '../config/config.ts'
import { type DecodedBody, decodeBody } from '../http/decode-body.ts'
import { isText } from '../http/exchange.ts'
import { DeadlineError, failureText } from '../http/failure-text.ts'
import type { HttpAnswer } from '../http/http-answer.ts'
import type { HttpClient } from '../http/http-client.ts'
import { userAgent } from '../http/user-agent.ts'
import { floatText } from '../model/float-text.ts'
import { goQuote } from '../model/go-quote.ts'
import { acceptHeader } from './negotiation.ts'
import { ScrapeFault } from './scrape-fault.ts'
import type { Target } from './target.ts'

export interface FetchedPage {
  readonly contentType: string
  readonly body: DecodedBody
}

/** Gets one target's page, over one kept connection. */
export class PageFetcher {
  readonly #target: Target
  readonly #client: HttpClient
  readonly #headers: readonly string[]
  /** The job's limit, 0 = none; reaching it counts as over it, as upstream has it. */
  readonly #bodyBytesMax: number

  constructor(target: Target, config: ScrapeConfig, client: HttpClient) {
    this.#target = target
    this.#client = client
    this.#bodyBytesMax = config.limits.bodyBytesMax
    this.#headers = [
      'Accept',
      acceptHeader(config.scrapeProtocols, config.escapingScheme),
      'Accept-Encoding',
      config.enableCompression ? 'gzip' : 'identity',
      'User-Agent',
      userAgent,
      'X-Prometheus-Scrape-Timeout-Seconds',
      floatText(target.timeoutMs / 1_000),
    ]
  }

  /** Throws ScrapeFault with what /targets shows; close() makes it fail. */
  async fetch(span?: Span): Promise<FetchedPage> {
    const answer = await this.#get(span)
    if (answer.status !== 200) {
      const status = `${answer.status} ${answer.statusText}`.trimEnd()
      throw new ScrapeFault(`server returned HTTP status ${status}`, 'fetch')
    }
    const body = await this.#decode(answer)
    if (this.#bodyBytesMax > 0 && body.bodyBytes >= this.#bodyBytesMax) throw overBodyLimit()
    return { contentType: answer.contentType, body }
  }

  close(): void {
    this.#client.close()
  }

  async #get(span: Span | undefined): Promise<HttpAnswer> {
    const { url, timeoutMs } = this.#target
    if (url.fault !== undefined) throw new ScrapeFault(url.fault, 'fetch')
    let isBody = false
    try {
      return await this.#client.send(url.origin, {
        path: url.path,
        headers: this.#headers,
        bodyBytesMax: this.#bytesMax(),
        lineBytesMax: limits.scrapeLineBytesMax,
        onHead: (status) => {
          isBody = status < 300 || status >= 400
        },
        timeoutMs,
        span,
      })
    } catch (thrown) {
      if (isTooLarge(thrown)) throw overBodyLimit()
      const words = thrown instanceof DeadlineError ? thrown.message : failureText(thrown)
      // What goes wrong behind the head of the answer is told without the request.
      if (isBody) throw new ScrapeFault(words === 'EOF' ? 'unexpected EOF' : words, 'fetch')
      throw new ScrapeFault(`Get ${goQuote(url.asked)}: ${words}`, 'fetch')
    }
  }

  async #decode(answer: HttpAnswer): Promise<DecodedBody> {
    try {
      const lineBytesMax = isText(answer.contentType) ? limits.scrapeLineBytesMax : Infinity
      return await decodeBody(answer, this.#bytesMax(), lineBytesMax)
    } catch (thrown) {
      if (isTooLarge(thrown)) throw overBodyLimit()
      if (!(thrown instanceof NarthexError)) throw thrown
      throw new ScrapeFault(thrown.message, 'fetch')
    }
  }

  #bytesMax(): number {
    return this.#bodyBytesMax > 0 ? this.#bodyBytesMax : limits.scrapeBodyBytesMax
  }
}

function isTooLarge(thrown: unknown): boolean {
  return thrown instanceof NarthexError && thrown.code === 'BODY_TOO_LARGE'
}

function overBodyLimit(): ScrapeFault {
  return new ScrapeFault('body size limit exceeded', 'body-size')
}
