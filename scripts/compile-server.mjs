import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import v8 from 'node:v8'
import { compiledBytes, compiledFunction } from './compiled-server.mjs'

// Part of the build, in a process of its own: the flags under which V8 compiles are those of its process.
// The server is started as it will be, with nothing in its directory, so that what a start calls is
// compiled. Where it does not come up here, it is what V8 compiles before anything is called.
const readyMsMax = 60_000
const [path, compiledPath] = process.argv.slice(2)
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
  join(dirname(path), 'narthex.cjs'),
  `--config.file=${configuration}`,
  `--storage.tsdb.path=${join(directory, 'data')}`,
  `--web.listen-address=127.0.0.1:${port}`,
  '--log.level=warn',
]
// V8 would not take what was compiled under other flags than those that a start begins with.
v8.setFlagsFromString = () => undefined
run({}, createRequire(path), { exports: {} }, path, dirname(path))
for (const endMs = Date.now() + readyMsMax; Date.now() < endMs; await wait(10)) {
  if (!(await isReady(port))) continue
  writeFileSync(compiledPath, compiledBytes(path, run))
  break
}
process.exit()

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
