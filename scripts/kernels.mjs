import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join, relative } from 'node:path'

const root = join(import.meta.dirname, '..')
const sources = join(root, 'src', 'kernels', 'assembly')
const cache = join(root, '.cache', 'kernels')

/** By the name of its source: the constant that src/kernels/wasm-text.ts reads the module from. */
const kernels = {
  snappy: 'narthexSnappyWasm',
  chunks: 'narthexChunksWasm',
  exposition: 'narthexExpositionWasm',
  'float-text': 'narthexFloatTextWasm',
  deflate: 'narthexDeflateWasm',
  writes: 'narthexWritesWasm',
  'sample-rows': 'narthexSampleRowsWasm',
  'chunk-scan': 'narthexChunkScanWasm',
}

const flags = [
  '-O3',
  '--noAssert',
  ...['--runtime', 'stub'],
  ...['--enable', 'simd'],
  ...['--initialMemory', '2'],
]

/**
 * The WebAssembly modules as constants for a bundler: source text by name. Each is compiled once
 * and kept in .cache/kernels under the hash of all sources, so that only the first call takes time.
 */
export async function kernelConstants() {
  const constants = {}
  for (const [name, constant] of Object.entries(kernels)) {
    constants[constant] = JSON.stringify((await moduleOf(name)).toString('base64'))
  }
  return constants
}

async function moduleOf(name) {
  const files = readdirSync(sources).sort()
  const lock = readFileSync(join(root, 'node_modules', 'assemblyscript', 'package.json'))
  const content = createHash('sha256').update(lock).update(flags.join())
  // One may import another.
  for (const file of files) content.update(readFileSync(join(sources, file)))
  const hash = content.digest('hex')
  const path = join(cache, `${name}-${hash}.wasm`)
  if (!existsSync(path)) await compile(name, path)
  return readFileSync(path)
}

async function compile(name, path) {
  const { default: asc } = await import('assemblyscript/asc')
  mkdirSync(cache, { recursive: true })
  // Several processes may compile at once: each in a file of its own, and the last one stays.
  const temporary = `${path}.${process.pid}`
  const parameters = [`${name}.ts`, '--config', 'none', '--baseDir', sources, ...flags]
  const { error, stderr } = await asc.main([
    ...parameters,
    '--outFile',
    relative(sources, temporary),
  ])
  if (error !== null) throw new Error(`${name}.ts does not compile: ${error.message}\n${stderr}`)
  renameSync(temporary, path)
}
