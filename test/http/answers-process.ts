import { once } from 'node:events'
import { createServer } from 'node:http'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { assert } from '../../src/base/assert.ts'
import { systemClock } from '../../src/base/clock.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { plainHttp } from '../../src/config/http-config.ts'
import { HttpClient } from '../../src/http/http-client.ts'
import { Resolver } from '../../src/http/resolver.ts'

// What the compilers of JavaScript take is not of interest here.
for (const flag of ['--no-opt', '--no-maglev', '--no-sparkplug']) setFlagsFromString(flag)

const answers = 3_000
const countedFrom = 1_000_000
const page = 'x'.repeat(5_000)
const fs = nodeFileSystem
const clock = systemClock
const server = createServer((_, response) => response.end(page)).listen(0, '127.0.0.1')
await once(server, 'listening')
const address = server.address()
const port = typeof address === 'object' ? address?.port : 0
const client = new HttpClient({
  config: plainHttp,
  fs,
  clock,
  resolver: new Resolver({ fs, clock }),
})
let bodyBytes = 0
const bytesBefore = getHeapStatistics().peak_malloced_memory
for (let asked = 0; asked < answers; asked++) {
  const request = { path: '/', headers: [], bodyBytesMax: 1e6, timeoutMs: 10_000 }
  const answer = await client.send(`http://127.0.0.1:${port}`, request)
  bodyBytes += answer.bodyBytes
  answer.release?.()
}
client.close()
server.close()
const isBelow6Mebibytes = getHeapStatistics().peak_malloced_memory - bytesBefore < 6 << 20
const isWhole = bodyBytes === answers * page.length
const isLaterModuleOptimized = await isOptimizedOnceHot(countDown())
process.send?.({ isWhole, isBelow6Mebibytes, isLaterModuleOptimized })

/** A function of WebAssembly that counts down to 0. */
function countDown(): (from: number) => void {
  const type = [1, 5, 1, 0x60, 1, 0x7f, 0]
  const functions = [3, 2, 1, 0]
  const named = [7, 5, 1, 1, 0x66, 0, 0]
  // loop: local.get 0, i32.const 1, i32.sub, local.tee 0, br_if 0
  const code = [3, 0x40, 0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b, 0x0b]
  const body = [10, code.length + 3, 1, code.length + 1, 0, ...code]
  const magic = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
  const bytes = Uint8Array.from([...magic, ...type, ...functions, ...named, ...body])
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes))
  assert(isCounting(exports), 'the module exports something else')
  return exports.f
}

function isCounting(exports: unknown): exports is { f(from: number): void } {
  return typeof exports === 'object' && exports !== null && 'f' in exports
}

/** Whether V8's second compiler takes a function on that runs often. */
async function isOptimizedOnceHot(f: (from: number) => void): Promise<boolean> {
  setFlagsFromString('--allow-natives-syntax')
  const isOptimized: (f: unknown) => boolean = runInNewContext('(f) => %IsTurboFanFunction(f)')
  const endMs = clock.monotonicMs() + 10_000
  while (clock.monotonicMs() < endMs) {
    f(countedFrom)
    if (isOptimized(f)) return true
  }
  return false
}
