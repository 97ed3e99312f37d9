import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { kernelConstants } from '../scripts/kernels.mjs'
import { compileExposition, ExpositionKernel } from '../src/kernels/exposition-kernel.ts'
import type { BenchOptions } from './bench-options.ts'
import { renderPages } from './exporter-pages.ts'
import { measureReaders } from './page-readers.ts'
import { printComparison } from './report.ts'

const recordedPages = 20

interface ParseResult {
  readonly 'ns a sample': number
  readonly 'MB/s': number
  readonly 'known lines, %': number
}

/**
 * `npm run bench -- scrape-parse`: what reading pages into columns costs in this process, copies in
 * and out included, when kernel, twin or parser does it: of 20 consecutive pages of the real
 * node_exporter, and of those that the scrape bench serves.
 */
export async function benchScrapeParse(options: BenchOptions): Promise<boolean> {
  const text = (await kernelConstants()).narthexExpositionWasm
  if (text === undefined) throw new Error('the exposition kernel is not built')
  const kernel = new ExpositionKernel(compileExposition(JSON.parse(text)))
  const steady = renderPages(recordedPages, options.seed, 'steady').map(({ text }) => text)
  const shuffled = renderPages(recordedPages, options.seed, 'shuffled').map(({ text }) => text)
  const sets = [
    ['node_exporter', await recorded(options)],
    ['steady pages of the scrape bench', steady],
    ['shuffled pages of the scrape bench', shuffled],
  ] as const
  for (const [name, pages] of sets) {
    printComparison<ParseResult>(`scrape-parse: ${name}`, measureReaders(pages, kernel))
  }
  return true
}

async function recorded({ peersDirectory, port }: BenchOptions): Promise<readonly Uint8Array[]> {
  const listen = `127.0.0.1:${port}`
  const exporter = spawn(
    join(peersDirectory, 'node_exporter'),
    [`--web.listen-address=${listen}`],
    { stdio: 'ignore' },
  )
  try {
    await wait(1_000)
    const pages: Uint8Array[] = []
    for (let page = 0; page < recordedPages; page++) {
      const answer = await fetch(`http://${listen}/metrics`)
      pages.push(new Uint8Array(await answer.arrayBuffer()))
    }
    return pages
  } finally {
    exporter.kill()
  }
}
