import { build } from 'esbuild'

/** The query worker's code as the build makes it, for tests that run it in real threads. */
export async function bundledWorker(): Promise<string> {
  const result = await build({
    entryPoints: ['src/workers/query-entry.ts'],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
  })
  const [file] = result.outputFiles
  if (file === undefined) throw new Error('esbuild made nothing')
  return file.text
}
