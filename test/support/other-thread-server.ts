import { Worker } from 'node:worker_threads'
import { onTestFinished } from 'vitest'

const code = `
const { createServer } = require('node:http')
const { parentPort } = require('node:worker_threads')
const server = createServer((request, response) => {
  if (request.url !== '/silent') response.end('page')
})
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
`

/** A real HTTP server that answers also while the test's own thread is busy; /silent never does. */
export async function otherThreadServer(): Promise<string> {
  const worker = new Worker(code, { eval: true })
  onTestFinished(async () => void (await worker.terminate()))
  const port = await new Promise<number>((resolve) => worker.once('message', resolve))
  return `http://127.0.0.1:${port}`
}

/** Keeps the event loop from turning. */
export function keepBusy(ms: number): void {
  const endMs = performance.now() + ms
  while (performance.now() < endMs);
}
