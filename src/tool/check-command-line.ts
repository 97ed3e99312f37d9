import { Command } from 'commander'
import { goDurationMs } from './go-duration.ts'

/** `narthex check ...`, the names and flags of promtool (row F4.4). */
export interface CheckCommand {
  readonly kind: 'service-discovery'
  readonly configFile: string
  readonly job: string
  readonly timeoutMs: number
}

interface Options {
  readonly timeout: number
}

/** The commands as `narthex --help` lists them; `take` is told what was asked for. */
export function makeCheckCommand(take: (command: CheckCommand) => void): Command {
  const check = new Command('check')
    .description('Check what a configuration does: service-discovery.')
    .usage('COMMAND')
  check
    .command('service-discovery')
    .description("Discover a job's targets and print their labels before and after relabelling.")
    .argument('<config-file>', 'The configuration, such as prometheus.yml.')
    .argument('<job>', 'The job to discover targets for.')
    .option('--timeout <duration>', 'How long to wait for targets.', goDurationMs, 30_000)
    .action((configFile: string, job: string, { timeout }: Options) =>
      take({ kind: 'service-discovery', configFile, job, timeoutMs: timeout }),
    )
  return check
}
