import { parseArgs } from 'node:util'
import { runConformance } from '../test/conformance/run-conformance.ts'

// `npm run conformance [-- --data DIR] [--verbose] [AREA...]`
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { data: { type: 'string' }, verbose: { type: 'boolean', default: false } },
})
const directory = values.data ?? process.env.NARTHEX_CONFORMANCE
if (directory === undefined) {
  console.error('Where is the conformance data? Give --data DIR, or set NARTHEX_CONFORMANCE.')
  process.exit(2)
}
// Lists of expected failures belong to one set of data: with another one, cases are only reported.
const holds = await runConformance({
  directory,
  areas: positionals,
  verbose: values.verbose,
  usesLists: values.data === undefined,
})
process.exit(holds ? 0 : 1)
