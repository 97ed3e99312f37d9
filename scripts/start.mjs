import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ensureInstalled } from './install.mjs'
import { nodeFlags, serverEnvironment } from './server-process.mjs'

// `npm start [-- FLAGS]`: install, build, serve. What has not changed is not done again.
ensureInstalled()
const { ensureBuilt } = await import('./build.mjs')
await ensureBuilt()

const root = join(import.meta.dirname, '..')
const server = spawn(
  process.execPath,
  [...nodeFlags, join(root, 'dist', 'narthex.cjs'), ...process.argv.slice(2)],
  { stdio: 'inherit', env: serverEnvironment(process.env) },
)
// A terminal's Ctrl-C reaches the server by itself; a signal sent to npm's child must be handed on.
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => server.kill(signal))
process.on('SIGINT', () => undefined)
server.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)))
