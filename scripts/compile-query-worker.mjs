import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { compiledBytes, compiledFunction } from './compiled-server.mjs'

// Part of the build: a query worker that rehearses by itself, so that what queries call is compiled, and
// ends when nothing is left to do. Nobody uses a processor here that it would have to give way to, and
// what it puts off is its rehearsal.
const { path, compiledPath, start } = workerData
const load = createRequire(path)
let receive
const port = {
  on: (_name, call) => {
    receive = call
  },
  postMessage: ({ kind }) => {
    if (kind === 'spare-time') setImmediate(() => receive({ kind }))
  },
}
const threads = { ...load('node:worker_threads'), parentPort: port, workerData: start }
const later = globalThis.setTimeout
globalThis.setTimeout = (call) => later(call, 0)

const run = compiledFunction(path, '')
process.on('exit', () => writeFileSync(compiledPath, compiledBytes(path, run)))
const found = (name) => (name === 'node:worker_threads' ? threads : load(name))
run({}, found, { exports: {} }, path, dirname(path))
parentPort.unref()
