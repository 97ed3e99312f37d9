import { Command } from 'commander'
import { serverUrl } from './server-arguments.ts'

/** `narthex debug ...`, the names of promtool (row F5.7). */
export interface DebugCommand {
  readonly kind: 'pprof' | 'metrics' | 'all'
  readonly url: URL
}

/** The commands as `narthex --help` lists them; `take` is told what was asked for. */
export function makeDebugCommand(take: (command: DebugCommand) => void): Command {
  const debug = new Command('debug')
    .description('Gather what tells how a server is, in debug.tar.gz: pprof, metrics, all.')
    .usage('COMMAND')
  const kinds = { pprof: 'profiles', metrics: 'metrics', all: 'profiles and metrics' } as const
  for (const kind of ['pprof', 'metrics', 'all'] as const) {
    debug
      .command(kind)
      .description(`Gather ${kinds[kind]} of a server; profiles take a minute.`)
      .argument('<server>', 'The server, such as http://localhost:9090.', serverUrl)
      .action((url: URL) => take({ kind, url }))
  }
  return debug
}
