import { once } from 'node:events'
import { createServer } from 'node:http'

const askings = 500
const answer = JSON.stringify({ data: Array.from({ length: 200 }, (_, index) => [index, 'value']) })

/**
 * Has the code of fetch compiled, by asking a server that is nobody's: else who is measured first would
 * be charged for it, milliseconds an asking at first.
 */
export async function warmClient(): Promise<void> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.end(answer))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a server without a port')
  try {
    const form = new URLSearchParams({ query: 'vector(1)', time: '1' })
    for (let asking = 0; asking < askings; asking++) {
      const url = `http://127.0.0.1:${address.port}/?${form}`
      const posted = await fetch(url, { method: 'POST', body: form })
      await posted.text()
      const got = await fetch(url)
      await got.text()
    }
  } finally {
    server.closeAllConnections()
    server.close()
  }
}
