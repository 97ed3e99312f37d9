import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ensureInstalled } from './install.mjs'

// `npm test [-- FILTER...]`: install, build, run the tests. What a test lacks (real peers, a
// browser, the conformance data) is named in a line of its own, and the test counts as skipped.
ensureInstalled()
const { ensureBuilt } = await import('./build.mjs')
await ensureBuilt()

const root = join(import.meta.dirname, '..')
const wants = [
  ['NARTHEX_PEERS', 'real Prometheus, node_exporter and VictoriaMetrics: tests beside them'],
  ['NARTHEX_CONFORMANCE', 'the conformance data: tests against it'],
  ['NARTHEX_CHROMIUM', 'a Chromium browser: tests of the page'],
]
for (const [name, what] of wants) {
  if (process.env[name] === undefined) console.log(`SKIPPING, as ${name} is not set: ${what}`)
}
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const result = spawnSync(process.execPath, [vitest, 'run', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
})
process.exit(result.status ?? 1)
