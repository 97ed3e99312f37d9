import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { compiledFunction } from './compiled-server.mjs'

// What `node dist/narthex.cjs` runs: the server beside it.
const folder = dirname(import.meta.filename)
const path = join(folder, 'server.cjs')
const run = compiledFunction(path, join(folder, 'server.compiled'))
run({}, createRequire(path), { exports: {} }, path, folder)
