import { build } from 'esbuild'

/** A worker's code as the build makes it, for tests that run it in real threads. */
export async function bundledWorker(
  name: 'query' | 'password' | 'backtest' | 'console' = 'query',
): Promise<string> {
  const folder = name === 'backtest' || name === 'console' ? 'tool' : 'workers'
  const result = await build({
    entryPoints: [`src/${folder}/${name}-entry.ts`],
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
