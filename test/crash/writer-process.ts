import { appendFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { remoteWriteBody, remoteWriteHeaders } from '../support/remote-write-body.ts'
import { seriesOfStep } from './written-samples.ts'

/**
 * A process of its own: sends one step after the other and writes into its log `sent N` before a
 * request and `acknowledged N` after a 204, each as one append that the kernel has before it goes
 * on. Ends at the first request that gets no 204. Tells its parent of each request under way.
 */
const [url = '', log = '', start = '', first = ''] = process.argv.slice(2)
const requestEveryMs = 250

let step = Number(first)
let body = remoteWriteBody(seriesOfStep(Number(start), step))
for (;;) {
  const beganMs = performance.now()
  appendFileSync(log, `sent ${step}\n`)
  process.send?.('sending')
  const status = await send(body)
  if (status !== 204) {
    appendFileSync(log, `refused ${step} ${status}\n`)
    break
  }
  appendFileSync(log, `acknowledged ${step}\n`)
  step++
  body = remoteWriteBody(seriesOfStep(Number(start), step))
  await pause(Math.max(0, requestEveryMs - (performance.now() - beganMs)))
}

async function send(bytes: Uint8Array): Promise<number | string> {
  try {
    const response = await fetch(`${url}/api/v1/write`, {
      method: 'POST',
      body: bytes,
      headers: remoteWriteHeaders,
    })
    await response.arrayBuffer()
    return response.status
  } catch (thrown) {
    if (thrown instanceof TypeError) return 'no answer'
    throw thrown
  }
}
