import { parseArgs } from 'node:util'
import { runConformance } from '../test/conformance/run-conformance.ts'

const usage = `npm run conformance [-- [--data DIR] [--verbose] [AREA...]]
  AREA       a folder of the data; all of them where none is named
  --data     another folder than NARTHEX_CONFORMANCE: its cases are only reported
  --verbose  prints what each case that fails was to answer`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(usage)
  process.exit(0)
}
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
