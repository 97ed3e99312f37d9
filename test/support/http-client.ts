import { onTestFinished } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { type HttpClientConfig, plainHttp } from '../../src/config/http-config.ts'
import type { HttpAnswer } from '../../src/http/http-answer.ts'
import { HttpClient, type HttpClientOptions } from '../../src/http/http-client.ts'
import { Resolver } from '../../src/http/resolver.ts'

/** A client of the system's clock and files that is closed when the test is over. */
export function httpClient(
  config: Partial<HttpClientConfig> = {},
  more: Partial<HttpClientOptions> = {},
): HttpClient {
  const made = new HttpClient({
    config: { ...plainHttp, ...config },
    fs: nodeFileSystem,
    clock: systemClock,
    resolver: new Resolver({ fs: nodeFileSystem, clock: systemClock }),
    environment: {},
    ...more,
  })
  onTestFinished(() => made.close())
  return made
}

export const anyRequest = { path: '/', headers: [], bodyBytesMax: 1_000, timeoutMs: 10_000 }

export function bodyText(answer: Pick<HttpAnswer, 'pieces'>): string {
  return Buffer.concat(answer.pieces).toString()
}
