import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ensureInstalled } from './install.mjs'
import { soakRows } from './soak-rows.mjs'

// `npm run soak [-- ROW...]`: the tests of the reliability table in their full sizes, a line for each row.
// Real servers need a build and NARTHEX_PEERS; what is skipped says so. test/soak/README.md has the last results.
ensureInstalled()
const { ensureBuilt } = await import('./build.mjs')
await ensureBuilt()

const root = join(import.meta.dirname, '..')
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const wanted = process.argv.slice(2)
let failed = 0
for (const { row, files, title, environment = {} } of soakRows) {
  if (wanted.length > 0 && !wanted.includes(row)) continue
  const beganMs = performance.now()
  const filter = title === undefined ? [] : ['-t', title]
  const result = spawnSync(process.execPath, [vitest, 'run', ...files, ...filter], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, NARTHEX_SOAK: '1', NO_COLOR: '1', ...environment },
  })
  const seconds = ((performance.now() - beganMs) / 1_000).toFixed(0)
  const isRight = result.status === 0
  if (!isRight) failed++
  const skipped = /(\d+) skipped/.exec(result.stdout)?.[1]
  const notes = skipped === undefined ? '' : `, ${skipped} skipped`
  console.log(
    `row ${row.padEnd(9)} ${isRight ? 'ok    ' : 'FAILED'} ${seconds} s${notes}  ${files.join(' ')}`,
  )
  if (!isRight) console.log(result.stdout.slice(-8_000), result.stderr.slice(-2_000))
}
console.log(failed === 0 ? 'soak: every row holds' : `soak: ${failed} rows FAILED`)
process.exit(failed === 0 ? 0 : 1)
