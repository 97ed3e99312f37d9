import { createRequire } from 'node:module'
import { workerData } from 'node:worker_threads'
import { functionOf } from './compiled-server.mjs'

// What a thread that answers queries begins with: its code was given to it. Of Node's own modules alone.
const { code, compiled } = workerData.compiled
const run = functionOf(Buffer.from(code.buffer), 'query-worker.cjs', Buffer.from(compiled.buffer))
run({}, createRequire(process.execPath), { exports: {} }, '', '')
