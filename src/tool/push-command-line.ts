import { Command } from 'commander'
import { durationOption } from './duration-option.ts'
import { headerPair, serverUrl } from './server-arguments.ts'
import type { ToolServer } from './tool-client.ts'

/** `narthex push metrics ...`, the names and flags of promtool (row F5.8). */
export interface PushCommand extends ToolServer {
  /** The standard input where there are none. */
  readonly files: readonly string[]
  readonly labels: ReadonlyMap<string, string>
  readonly timeoutMs: number
  /** What --protobuf_message names. */
  readonly message: string
  /** Put behind the path of the URL. */
  readonly path: string
}

interface Options {
  readonly label?: readonly string[]
  readonly header?: readonly string[]
  readonly timeout: number
  readonly protobuf_message: string
}

/** The commands as `narthex --help` lists them; `take` is told what was asked for. */
export function makePushCommand(take: (command: PushCommand) => void): Command {
  const push = new Command('push')
    .description('Push to a server that takes remote write: metrics.')
    .usage('COMMAND')
    .option('--http.config.file <file>', 'How to connect: credentials, TLS, as in prometheus.yml.')
  const metrics = push
    .command('metrics')
    .description('Push pages of metrics, or the standard input.')
    .argument('<remote-write-url>', 'The server, such as http://localhost:9090.', serverUrl)
    .argument('[metric-files...]', 'The pages; the standard input where there are none.')
    .option(
      '--label <name=value>',
      'Put this label on every series; job=promtool where none is.',
      headerPair,
    )
    .addOption(durationOption('--timeout <duration>', 'How long one request may take.', '30s'))
    .option('--header <name=value>', 'Send this header; repeatable.', headerPair)
    .option(
      '--protobuf_message <name>',
      'prometheus.WriteRequest or io.prometheus.write.v2.Request.',
      'prometheus.WriteRequest',
    )
    .option('--remote-write.path <path>', 'Where the server takes it.', '/api/v1/write')
  metrics.action((url: URL, files: readonly string[], options: Options) =>
    take({
      url,
      files,
      headers: options.header ?? [],
      httpConfigFile: String(push.getOptionValue('http.config.file') ?? ''),
      labels: pairsOf(options.label ?? ['job', 'promtool']),
      timeoutMs: options.timeout,
      message: options.protobuf_message,
      path: String(metrics.getOptionValue('remoteWrite.path')),
    }),
  )
  return push
}

function pairsOf(flat: readonly string[]): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>()
  for (let at = 0; at < flat.length; at += 2) pairs.set(flat[at] ?? '', flat[at + 1] ?? '')
  return pairs
}
