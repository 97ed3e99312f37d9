import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import v8 from 'node:v8'
import threads from 'node:worker_threads'
import { compiledBytes, compiledFunction } from './compiled-server.mjs'

// Part of the build, in a process of its own: the flags under which V8 compiles are those of its process.
// The server is started as it will be, with nothing in its directory, so that what a start calls is
// compiled. Where it does not come up here, it is what V8 compiles before anything is called.
const readyMsMax = 60_000
const [folder] = process.argv.slice(2)
const [path, compiledPath] = filesOf('server')
const run = compiledFunction(path, '')
writeFileSync(compiledPath, compiledBytes(path, run))

const directory = mkdtempSync(join(tmpdir(), 'narthex-build-'))
process.on('exit', () => {
  // It only saves time: a build goes on without it, and without the folder gone.
  process.exitCode = 0
  try {
    rmSync(directory, { recursive: true, force: true })
  } catch (thrown) {
    console.warn(`${directory} stays: ${thrown.message}`)
  }
})
const port = await freePort()
const configuration = join(directory, 'prometheus.yml')
writeFileSync(configuration, 'global: {}\n')
process.argv = [
  process.execPath,
  join(folder, 'narthex.cjs'),
  `--config.file=${configuration}`,
  `--storage.tsdb.path=${join(directory, 'data')}`,
  `--web.listen-address=127.0.0.1:${port}`,
  '--log.level=warn',
]
// V8 takes what was compiled under the same flags: a start begins without those that the server sets,
// and its threads with them.
const flags = []
const queryStarts = []
class ToldWorker extends threads.Worker {
  constructor(source, options) {
    super(source, options)
    if (options.name === 'query') queryStarts.push(options.workerData)
  }
}
const given = {
  'node:v8': { ...v8, setFlagsFromString: (flag) => flags.push(flag) },
  'node:worker_threads': { ...threads, Worker: ToldWorker },
}
const load = createRequire(path)
run({}, (name) => given[name] ?? load(name), { exports: {} }, path, folder)
for (const endMs = Date.now() + readyMsMax; Date.now() < endMs; await wait(10)) {
  if (!(await isReady(port)) || queryStarts.length === 0) continue
  writeFileSync(compiledPath, compiledBytes(path, run))
  for (const flag of flags) v8.setFlagsFromString(flag)
  await compileQueryWorker(queryStarts[0])
  break
}
process.exit()

function filesOf(name) {
  return [join(folder, `${name}.cjs`), join(folder, `${name}.compiled`)]
}

async function compileQueryWorker(start) {
  const [path, compiledPath] = filesOf('query-worker')
  const compiler = join(import.meta.dirname, 'compile-query-worker.mjs')
  const worker = new threads.Worker(compiler, { workerData: { path, compiledPath, start } })
  await new Promise((resolve) => worker.once('exit', resolve))
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function isReady(port) {
  try {
    return (await fetch(`http://127.0.0.1:${port}/-/ready`)).status === 200
  } catch {
    return false
  }
}
