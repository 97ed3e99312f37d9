import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureInstalled } from './install.mjs'

// `npm run planted [-- NAME...]`: for each patch of test/planted, plants the fault in a copy of the
// tree and demands that the test it names fails there. First every named test must pass on the
// tree as it is. A patch begins with a line `test: FILE` or `test: FILE -t NAME`.
ensureInstalled()
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
const root = join(import.meta.dirname, '..')
const folder = join(root, 'test', 'planted')
const wanted = process.argv.slice(2)
const patches = readdirSync(folder)
  .filter((name) => name.endsWith('.patch') && (wanted.length === 0 || wanted.includes(name)))
  .map((name) => {
    const first = readFileSync(join(folder, name), 'utf8').split('\n', 1)[0] ?? ''
    const match = /^test: (\S+)(?: -t (.+))?$/.exec(first)
    if (match === null) throw new Error(`${name} names no test in its first line`)
    return { name, file: match[1], title: match[2] }
  })
if (patches.length === 0) throw new Error('no planted fault was found')

/**
 * How long a test may take to find its fault. A property that has failed can shrink its example for
 * much longer, without ever giving the runner's own deadline a turn: it did not pass either.
 */
const findingMsMax = 180_000

/** Two at a time: each spends half of its time on one processor, starting. */
const copies = Array.from({ length: Math.min(2, availableParallelism()) }, () =>
  mkdtempSync(join(tmpdir(), 'narthex-planted-')),
)
let failed = 0
try {
  for (const copy of copies) copyTree(copy)
  if (!(await allPass(copies))) {
    console.log('FAILED  the named tests do not pass without a fault')
    failed++
  } else {
    const left = [...patches]
    await Promise.all(copies.map((copy) => plantAll(copy, left)))
  }
} finally {
  for (const copy of copies) rmSync(copy, { recursive: true, force: true })
}
const missed = failed === 0 ? '' : `, ${failed} not`
console.log(
  `planted: ${patches.length - failed} of ${patches.length} faults were found by their tests${missed}`,
)
process.exit(failed === 0 ? 0 : 1)

/** The named tests, and no others of their files, on the tree as it is. */
async function allPass([one, other = one]) {
  const titled = patches.filter((patch) => patch.title !== undefined)
  const whole = patches.filter((patch) => patch.title === undefined)
  const filesOf = (some) => [...new Set(some.map((patch) => patch.file))]
  const titles = titled.map((patch) => patch.title).join('|')
  const passed = await Promise.all([
    titled.length === 0 || passes(one, filesOf(titled), titles),
    whole.length === 0 || passes(other, filesOf(whole)),
  ])
  return passed.every(Boolean)
}

async function plantAll(copy, left) {
  for (;;) {
    const patch = left.shift()
    if (patch === undefined) return
    await plant(copy, patch)
  }
}

async function plant(copy, patch) {
  const startedMs = performance.now()
  const path = join(folder, patch.name)
  const applied = git(copy, ['apply', '--whitespace=nowarn', path])
  if (applied.status !== 0) {
    console.log(`FAILED  ${patch.name} does not apply: ${applied.stderr.trim()}`)
    failed++
    return
  }
  const survived = await passes(copy, [patch.file], patch.title, findingMsMax)
  if (survived) failed++
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1)
  const verdict = survived
    ? `FAILED  ${patch.name}: ${patch.file} still passes`
    : `found   ${patch.name}`
  console.log(`${verdict}, ${seconds} s`)
  restore(copy, path)
}

/** From the tree, file by file: a patch taken back finds another place where two have its context. */
function restore(copy, path) {
  const { stdout } = git(copy, ['apply', '--numstat', '-z', path])
  for (const line of stdout.split('\0').filter((row) => row !== '')) {
    const file = line.split('\t').at(-1)
    cpSync(join(root, file), join(copy, file))
  }
}

function passes(copy, files, title, msMax) {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const filter = title === undefined ? [] : ['-t', title]
  // What a run has transformed, the next takes from a cache: by the text of each module.
  const options = ['--reporter=dot', '--experimental.fsModuleCache']
  const run = spawn(process.execPath, [vitest, 'run', ...options, ...files, ...filter], {
    cwd: copy,
    stdio: 'ignore',
    // A group of its own: its workers are to end with it, however busy they are.
    detached: true,
  })
  const end = () => process.kill(-run.pid, 'SIGKILL')
  const deadline = msMax === undefined ? undefined : setTimeout(end, msMax)
  process.once('exit', end)
  return new Promise((resolve) => {
    run.on('exit', (code) => {
      clearTimeout(deadline)
      process.off('exit', end)
      resolve(code === 0)
    })
  })
}

function copyTree(copy) {
  const listed = spawnSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  for (const file of listed.stdout.split('\n').filter((name) => name !== '')) {
    cpSync(join(root, file), join(copy, file), { recursive: true, force: true })
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir')
  // git apply works relative to a repository; outside of one it silently skips files.
  git(copy, ['init', '-q'])
}

function git(copy, parameters) {
  return spawnSync('git', parameters, { cwd: copy, encoding: 'utf8' })
}
