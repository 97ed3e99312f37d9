/**
 * Which tests keep which row of the reliability table; `day`, `ping-pong` and `answers` are what else a
 * release is held to. `environment` is what makes a row's size beside NARTHEX_SOAK.
 */
export const soakRows = [
  { row: '1', files: ['test/crash/kill-loop.test.ts'], environment: { NARTHEX_KILLS: '200' } },
  { row: '2-3', files: ['test/sim/crash-sweep.test.ts', 'test/sim/several-lives.test.ts'] },
  { row: '4', files: ['test/corrupt/wal-cut.test.ts'] },
  { row: '5', files: ['test/corrupt/wal-flips.test.ts'] },
  { row: '6', files: ['test/corrupt/wal-layouts.test.ts'] },
  {
    row: '7',
    files: ['test/corrupt/block-damage.test.ts'],
    environment: { NARTHEX_DAMAGE_SAMPLES: '240' },
  },
  { row: '8', files: ['test/sim/bad-blocks.test.ts'] },
  { row: '9-10', files: ['test/sim/compaction-faults.test.ts'] },
  { row: '11', files: ['test/crash/full-disk.test.ts'] },
  { row: '11-12', files: ['test/sim/disk-full.test.ts', 'test/sim/log-faults.test.ts'] },
  { row: '13-14', files: ['test/crash/starts.test.ts'] },
  { row: '15', files: ['test/sim/replay-deaths.test.ts', 'test/crash/replay-memory.test.ts'] },
  {
    row: '16',
    files: [
      'test/tsdb/block/given-blocks.test.ts',
      'test/tsdb/block/golden.test.ts',
      'test/tsdb/given-log.test.ts',
      'test/tsdb/given-histograms.test.ts',
      'test/tsdb/releases.test.ts',
    ],
  },
  { row: '17', files: ['test/crash/terminate.test.ts'] },
  { row: '18', files: ['test/sim/clock-jumps.test.ts'] },
  { row: '19-20', files: ['test/tsdb/extreme-samples.test.ts'] },
  { row: 'day', files: ['test/sim/day.test.ts'], title: 'seed' },
  { row: 'late', files: ['test/sim/out-of-order.test.ts'] },
  { row: 'late-deleted', files: ['test/sim/late-deletions.test.ts'] },
  { row: 'ping-pong', files: ['test/peers/ping-pong.test.ts'] },
  { row: '25-27', files: ['test/remote/hostile-bodies.test.ts', 'test/remote/retries.test.ts'] },
  {
    row: '28',
    files: [
      'test/promql/parse/hostile-texts.test.ts',
      'test/promql/parse/nesting.test.ts',
      'test/promql/parse/round-trip.test.ts',
      'test/workers/query-text.test.ts',
    ],
  },
  { row: '30-32', files: ['test/server/heavy-queries.test.ts'] },
  { row: '36', files: ['test/api/hostile-clients.test.ts'] },
  { row: '29', files: ['test/peers/differential.test.ts'] },
  { row: 'answers', files: ['test/peers/same-answers.test.ts'] },
]
