import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    pool: 'forks',
    // Real servers, browsers and peers share the processors with the tests: no more than two files at once.
    maxWorkers: 2,
    reporters: [['default', { summary: false }], './scripts/seconds-reporter.mjs'],
  },
})
