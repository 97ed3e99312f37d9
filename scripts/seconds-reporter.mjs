import { appendFileSync } from 'node:fs'
import { relative } from 'node:path'

/**
 * A vitest reporter that says of each test file how many seconds it took and what became of its
 * tests, and at the end what the run came to. With NARTHEX_TOTALS it also appends the counts to
 * that file, for the line that closes a whole run of several commands.
 */
export default class SecondsReporter {
  onTestModuleEnd(module) {
    const counts = { passed: 0, failed: 0, skipped: 0 }
    for (const test of module.children.allTests()) counts[stateOf(test)] += 1
    const seconds = (module.diagnostic().duration / 1000).toFixed(1).padStart(6)
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} SKIPPED` : ''
    console.log(
      `${seconds} s  ${relative(process.cwd(), module.moduleId)}: ${counts.passed} passed, ${counts.failed} failed${skipped}`,
    )
  }

  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: 0, skipped: 0 }
    for (const module of modules) {
      const tests = [...module.children.allTests()]
      for (const test of tests) {
        counts[stateOf(test)] += 1
        if (stateOf(test) === 'skipped') console.log(`skipped: ${test.fullName}`)
      }
      // A file that does not load has errors and no tests: that is a failure, not nothing.
      if (module.errors().length > 0) counts.failed += 1
    }
    counts.failed += unhandledErrors.length
    const totals = process.env.NARTHEX_TOTALS
    if (totals !== undefined)
      appendFileSync(totals, `${counts.passed} ${counts.failed} ${counts.skipped}\n`)
  }
}

function stateOf(test) {
  const { state } = test.result()
  return state === 'passed' ? 'passed' : state === 'skipped' ? 'skipped' : 'failed'
}
