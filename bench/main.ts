import { parseArgs } from 'node:util'
import { benchApi } from './api.ts'
import type { BenchOptions } from './bench-options.ts'
import { benchChurn } from './churn.ts'
import { benchHeadHistograms } from './head-histograms.ts'
import { benchHeadMemory } from './head-memory.ts'
import { benchLoad } from './load.ts'
import { benchMemory } from './memory.ts'
import { benchQuery } from './query.ts'
import { benchRules } from './rules.ts'
import { benchScrape } from './scrape.ts'
import { benchScrapeParse } from './scrape-parse.ts'
import { benchStorage } from './storage.ts'
import { benchWrite } from './write.ts'

const benches: Readonly<Record<string, (options: BenchOptions) => Promise<boolean>>> = {
  scrape: benchScrape,
  'scrape-parse': benchScrapeParse,
  query: benchQuery,
  load: benchLoad,
  rules: benchRules,
  storage: benchStorage,
  write: benchWrite,
  api: benchApi,
  churn: benchChurn,
  memory: benchMemory,
  'head-memory': benchHeadMemory,
  'head-histograms': benchHeadHistograms,
}

const usage = `npm run bench -- NAME [--seconds N] [--seed N] [--port N] [--series N] [--targets N] [--mode MODE]
  NAME      ${Object.keys(benches).join(', ')}
  MODE      of scrape: steady, shuffled, openmetrics, protobuf; of write: v1, v2, many
  Needs NARTHEX_PEERS, the folder with prometheus and victoria-metrics, and a built server (npm run build).`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    port: { type: 'string', default: '19291' },
    series: { type: 'string' },
    targets: { type: 'string' },
    mode: { type: 'string', default: 'steady' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(usage)
  process.exit(0)
}
const bench = benches[positionals[0] ?? '']
const peersDirectory = process.env.NARTHEX_PEERS
if (bench === undefined || peersDirectory === undefined) {
  console.error(usage)
  process.exit(2)
}
const holds = await bench({
  peersDirectory,
  seconds: Number(values.seconds),
  seed: Number(values.seed),
  port: Number(values.port),
  series: Number(values.series ?? (positionals[0] === 'rules' ? 100_000 : 1_000_000)),
  targets: Number(values.targets ?? (positionals[0] === 'load' ? 200 : 300)),
  mode: values.mode,
})
process.exit(holds ? 0 : 1)
