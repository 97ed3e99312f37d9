import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { run } from './install.mjs'
import { kernelConstants } from './kernels.mjs'
import { nodeFlags } from './server-process.mjs'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

/** What runs in threads of their own: the file in dist/ by the entry below src/ that it is made of. */
const workers = {
  'query-worker.cjs': 'workers/query-entry.ts',
  'background-worker.cjs': 'workers/background-entry.ts',
  'log-reader-worker.cjs': 'workers/log-reader-entry.ts',
  'password-worker.cjs': 'workers/password-entry.ts',
  'backtest-worker.cjs': 'tool/backtest-entry.ts',
  'console-worker.cjs': 'tool/console-entry.ts',
}

export const workerFiles = Object.keys(workers)

/** The parts of a build: what each is made of, and how. A part is rebuilt only when its inputs changed. */
const parts = [
  {
    name: 'server',
    inputs: ['src', 'package.json', 'scripts'],
    make: buildServer,
  },
  {
    name: 'library',
    inputs: ['src', 'package.json', 'scripts/build.mjs', 'scripts/kernels.mjs'],
    make: buildLibrary,
  },
  { name: 'web', inputs: ['web', 'package-lock.json', 'scripts/build.mjs'], make: buildWeb },
]

/** Builds dist/: narthex.cjs and server.cjs (the server), the code of its workers, the library, and web/. */
export async function ensureBuilt(names = parts.map((part) => part.name)) {
  mkdirSync(dist, { recursive: true })
  for (const part of parts) {
    if (!names.includes(part.name)) continue
    const stamp = join(dist, `.${part.name}-built`)
    // What V8 compiled of the server is of use to this version of Node alone.
    const wanted = `${hashOf(part.inputs)} ${process.version}`
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) continue
    const startedMs = performance.now()
    rmSync(stamp, { force: true })
    await part.make()
    writeFileSync(stamp, wanted)
    console.log(`Built ${part.name} in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
  }
}

async function buildServer() {
  const { build } = await import('esbuild')
  // One file each, in the form a single executable takes; node_modules is not needed to run them.
  const shared = await bundleOptions()
  await build({ ...shared, entryPoints: ['scripts/launch.mjs'], outfile: 'dist/narthex.cjs' })
  await build({ ...shared, entryPoints: ['src/main.ts'], outfile: 'dist/server.cjs' })
  for (const [file, entry] of Object.entries(workers)) {
    await build({ ...shared, entryPoints: [`src/${entry}`], outfile: `dist/${file}` })
    inOneByteACharacter(file)
  }
  inOneByteACharacter('server.cjs')
  const launch = 'scripts/launch-query-worker.mjs'
  await build({ ...shared, entryPoints: [launch], outfile: 'dist/query-worker-launch.cjs' })
  run(process.execPath, [...nodeFlags, join(root, 'scripts', 'compile-server.mjs'), dist])
}

/**
 * V8 holds a source with one letter beyond Latin-1 in two bytes a character, 5.5 MB more for the
 * server. esbuild escapes such letters in code but not in regular expressions, where an escape of each
 * UTF-16 unit means the same, with the u flag too; what else is left stands in comments.
 */
function inOneByteACharacter(file) {
  const path = join(dist, file)
  const source = readFileSync(path, 'utf8')
  const escaped = source.replace(/(\\*)([^\0-\x7f])/g, (all, slashes, unit) => {
    // Escaped once more it would be a backslash and letters.
    if (slashes.length % 2 === 1) throw new Error(`${file}: a backslash before ${all}`)
    return `${slashes}\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
  writeFileSync(path, escaped)
}

/** What `import 'narthex'` and `require('narthex')` find: one code for both, and its types. */
async function buildLibrary() {
  const { build } = await import('esbuild')
  const shared = await bundleOptions()
  await build({ ...shared, entryPoints: ['src/index.ts'], outfile: 'dist/library.cjs' })
  const wrapper =
    "import library from './library.cjs'\nexport const { open, NarthexError } = library\n"
  writeFileSync(join(dist, 'library.mjs'), wrapper)
  const contract = readFileSync(join(root, 'src', 'library', 'contract.ts'), 'utf8')
  const types = `${contract}
/** Opens a database in this process: no port, no thread, no signal handler. */
export declare function open(options?: OpenOptions): Promise<Narthex>

/** What open, append and queries fail with; \`code\` is stable. */
export declare class NarthexError extends Error {
  readonly code: string
}
`
  for (const ending of ['d.mts', 'd.cts']) writeFileSync(join(dist, `library.${ending}`), types)
}

async function bundleOptions() {
  return {
    bundle: true,
    platform: 'node',
    target: 'node20.20',
    format: 'cjs',
    minifySyntax: true,
    // V8 holds the text as long as the server runs. Names stay, for stacks and profiles, and lines stay
    // short, for Node prints the one that threw.
    minifyWhitespace: true,
    lineLimit: 160,
    legalComments: 'external',
    logLevel: 'warning',
    // CommonJS has no import.meta: where the bundle lies is __filename there.
    define: { 'import.meta.filename': '__filename', ...(await kernelConstants()) },
    absWorkingDir: root,
  }
}

async function buildWeb() {
  const { build } = await import('vite')
  await build({ configFile: join(root, 'web', 'vite.config.ts'), logLevel: 'warn' })
}

function hashOf(inputs) {
  const hash = createHash('sha256')
  for (const input of inputs) {
    for (const file of filesBelow(join(root, input))) {
      hash.update(relative(root, file)).update('\0').update(readFileSync(file))
    }
  }
  return hash.digest('hex')
}

function filesBelow(path) {
  if (!existsSync(path)) return []
  let entries
  try {
    entries = readdirSync(path, { withFileTypes: true })
  } catch (thrown) {
    if (thrown.code === 'ENOTDIR') return [path]
    throw thrown
  }
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) =>
      entry.isDirectory() ? filesBelow(join(path, entry.name)) : [join(path, entry.name)],
    )
}

if (process.argv[1] === import.meta.filename)
  await ensureBuilt(process.argv.length > 2 ? process.argv.slice(2) : undefined)
