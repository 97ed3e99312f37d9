import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { beginEarlyScan } from '../src/tool/early-scan.ts'
import { compiledFunction } from './compiled-server.mjs'

// What `node dist/narthex.cjs` runs: the server beside it.
const folder = dirname(import.meta.filename)
beginEarlyScan(process.argv.slice(2), () =>
  readFileSync(join(folder, 'log-reader-worker.cjs'), 'utf8'),
)
const path = join(folder, 'server.cjs')
const run = compiledFunction(path, join(folder, 'server.compiled'))
run({}, createRequire(path), { exports: {} }, path, folder)
