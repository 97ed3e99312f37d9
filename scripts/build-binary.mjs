import { chmodSync, copyFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { ensureInstalled, run } from './install.mjs'

// `npm run build:binary`: dist/narthex, one executable file (Node's single executable application)
// with the server, its workers and the page inside. It hosts the Node that runs this script: a blob
// prepared by one version crashes in another.
ensureInstalled()
const { ensureBuilt, workerFiles } = await import('./build.mjs')
await ensureBuilt()

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')
const binary = join(dist, process.platform === 'win32' ? 'narthex.exe' : 'narthex')
const assets = Object.fromEntries(workerFiles.map((file) => [file, join(dist, file)]))
for (const file of filesBelow(join(dist, 'web'))) {
  assets[`web/${relative(join(dist, 'web'), file).split(sep).join('/')}`] = file
}
// A single executable cannot list its assets in Node 20, so their names travel as one more.
const names = join(dist, 'assets.json')
writeFileSync(names, JSON.stringify(Object.keys(assets)))
assets['assets.json'] = names

const configuration = join(dist, 'sea.json')
const blob = join(dist, 'sea.blob')
writeFileSync(
  configuration,
  JSON.stringify({
    main: join(dist, 'server.cjs'),
    output: blob,
    assets,
    useCodeCache: true,
    disableExperimentalSEAWarning: true,
  }),
)
run(process.execPath, ['--experimental-sea-config', configuration])
rmSync(binary, { force: true })
copyFileSync(process.execPath, binary)
chmodSync(binary, 0o755)
const postject = join(root, 'node_modules', 'postject', 'dist', 'cli.js')
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'
run(process.execPath, [postject, binary, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', fuse])
for (const file of [configuration, blob, names]) rmSync(file)
console.log(`Built ${relative(root, binary)}, ${(statSync(binary).size / 2 ** 20).toFixed(0)} MiB`)

function filesBelow(directory) {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name)
    return entry.isDirectory() ? filesBelow(path) : [path]
  })
}
