import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { compiledFunction } from './compiled-server.mjs'

// What a thread that answers queries runs: the file beside this one.
const folder = dirname(import.meta.filename)
const path = join(folder, 'query-worker.cjs')
const run = compiledFunction(path, join(folder, 'query-worker.compiled'))
run({}, createRequire(path), { exports: {} }, path, folder)
