import { Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import Client from 'undici/lib/dispatcher/client.js'

/** How V8 goes on with WebAssembly whose first code has run often. */
const tierings = ['wasm-dynamic-tiering', 'wasm-tier-up']
const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

let isCompiled = false

/**
 * Has V8 compile undici's parser before the first answer comes, and only once. The parser is one
 * function, for which V8's second compiler takes 29 MiB that the C library never gives back; it reads
 * the head of an answer alone, so that the code of the first compiler takes no more time that could be
 * measured. Which compilers a module gets is settled when it is made and first called: an answer is
 * read here that came from nowhere, all within this turn of the event loop.
 */
export function compileParser(): void {
  if (isCompiled) return
  isCompiled = true
  for (const tiering of tierings) setFlagsFromString(`--no-${tiering}`)
  const end = () => {
    for (const tiering of tierings) setFlagsFromString(`--${tiering}`)
    client.destroy().catch(() => undefined)
  }
  const client = new Client('http://127.0.0.1', {
    connect: (_, done) => queueMicrotask(() => done(null, new AnsweringSocket())),
  })
  const handler = { onRequestStart: () => undefined, onResponseEnd: end, onResponseError: end }
  client.dispatch({ path: '/', method: 'GET' }, handler)
}

/** Connected to nobody: whatever is written is answered. */
class AnsweringSocket extends Socket {
  override _read(): void {}

  override _write(_request: unknown, _encoding: unknown, done: () => void): void {
    done()
    this.push(answer)
  }
}
