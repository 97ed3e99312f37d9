import { defineConfig } from 'vitest/config'
import { kernelConstants } from './scripts/kernels.mjs'

export default defineConfig({
  // Compiled on demand: tests run with the kernels, also straight after a clone.
  define: await kernelConstants(),
  test: {
    include: ['test/**/*.test.ts'],
    // Sweeps over faults take half of this on a busy machine; in their full sizes most of an hour.
    testTimeout: process.env.NARTHEX_SOAK === undefined ? 120_000 : 3_600_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // Files share what their process has imported: half of a run went to importing it anew for each.
    isolate: false,
    // Real servers, browsers and peers share the processors with the tests: no more than two files at once.
    maxWorkers: 2,
    reporters: [['default', { summary: false }], './scripts/seconds-reporter.mjs'],
  },
})
