import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Gate } from '../base/gate.ts'
import { limits } from '../base/limits.ts'
import type { Profiler, ProfileStack } from '../base/profiler.ts'
import { foldedStacks, type ProfileShape, pprofBytes } from '../wire/pprof.ts'
import type { ApiOptions } from './api-options.ts'
import { parametersOf } from './api-routes.ts'
import { redirect } from './go-redirect.ts'
import type { OpenRequests } from './open-requests.ts'

interface ProfileKind extends ProfileShape {
  readonly about: string
  /** Undefined where it is a state, not a time. */
  readonly secondsUnlessGiven: number | undefined
  take(
    profiler: Profiler,
    durationMs: number,
    signal: AbortSignal,
  ): Promise<readonly ProfileStack[]>
}

const kinds: ReadonlyMap<string, ProfileKind> = new Map<string, ProfileKind>([
  [
    'profile',
    {
      about: 'Where the threads spend their time, for ?seconds=.',
      secondsUnlessGiven: 30,
      sampleTypes: [
        ['samples', 'count'],
        ['cpu', 'nanoseconds'],
      ],
      period: limits.profileIntervalMs * 1e6,
      take: (profiler, durationMs, signal) => profiler.cpu(durationMs, signal),
    },
  ],
  [
    'heap',
    {
      about:
        'Memory in use: what ?seconds= bring and leave there by its stack, and the rest by thread.',
      secondsUnlessGiven: 5,
      sampleTypes: [['inuse_space', 'bytes']],
      period: limits.heapSampleBytes,
      take: (profiler, durationMs, signal) => profiler.heap(durationMs, signal),
    },
  ],
  [
    'allocs',
    {
      about: 'What is allocated in ?seconds=, whether it stays or not.',
      secondsUnlessGiven: 5,
      sampleTypes: [['alloc_space', 'bytes']],
      period: limits.heapSampleBytes,
      take: (profiler, durationMs, signal) => profiler.allocations(durationMs, signal),
    },
  ],
  [
    'goroutine',
    {
      about: 'The threads, and what the event loop of the main one waits for.',
      secondsUnlessGiven: undefined,
      sampleTypes: [['goroutine', 'count']],
      period: 0,
      take: (profiler) => profiler.threads(),
    },
  ],
])

/** What Go has and Node has not. */
const absent: ReadonlyMap<string, string> = new Map([
  ['block', 'threads of Node wait in their event loop only, see goroutine'],
  ['mutex', 'Node has no locks to wait for'],
  ['threadcreate', 'threads are named, see goroutine'],
  ['trace', 'there is no execution trace; tracing: in the configuration sends spans'],
  ['symbol', 'profiles bring their symbols'],
  ['fgprof', 'see profile and goroutine'],
])

/**
 * Profiles of all threads for `go tool pprof` (row A8.13), one at a time; as text with ?debug=1. A
 * client that goes away ends its profile.
 */
export function addProfiles(
  server: FastifyInstance,
  options: ApiOptions,
  open: OpenRequests,
): void {
  const gate = new Gate({ widthMax: 1, waitingMax: 0 })
  server.route({
    method: ['GET', 'POST'],
    url: '/debug/*',
    handler: async (request, reply) => {
      const path = (request.url.split('?')[0] ?? '').slice('/debug/'.length)
      if (path === 'pprof') {
        return redirect(request, reply, `${options.externalPath}/debug/pprof/`, 301)
      }
      if (!path.startsWith('pprof/')) return plain(reply, 404, '404 page not found\n')
      const name = path.slice('pprof/'.length)
      if (name === '') return plain(reply, 200, index())
      if (name === 'cmdline') return plain(reply, 200, process.argv.join('\0'))
      const kind = kinds.get(name)
      if (kind === undefined) return plain(reply, 404, unknown(name))
      if (!gate.tryEnter()) {
        return plain(reply, 503, 'Another profile is being taken: there is one at a time.\n')
      }
      try {
        return await send(options, request, reply, { name, kind, signal: open.signalOf(reply.raw) })
      } finally {
        gate.leave()
      }
    },
  })
}

async function send(
  { profiler, clock }: ApiOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  { name, kind, signal }: { name: string; kind: ProfileKind; signal: AbortSignal },
): Promise<FastifyReply> {
  const parameters = parametersOf(request)
  const seconds = secondsOf(parameters.text('seconds'), kind.secondsUnlessGiven ?? 0)
  if (seconds > limits.profileSecondsMax) {
    const words = `a profile of ${seconds} s, limit ${limits.profileSecondsMax} s\n`
    return plain(reply, 400, words)
  }
  const wallMs = clock.wallMs()
  const startedMs = clock.monotonicMs()
  const stacks = await kind.take(profiler, seconds * 1_000, signal)
  if (Number(parameters.text('debug')) > 0) return plain(reply, 200, foldedStacks(stacks))
  const durationMs = clock.monotonicMs() - startedMs
  const bytes = await promisify(gzip)(pprofBytes(kind, stacks, { wallMs, durationMs }))
  reply.header('Content-Disposition', `attachment; filename="${name}"`)
  return reply.type('application/octet-stream').send(bytes)
}

/** As Go reads it: what is no whole number above 0 is not given. */
function secondsOf(text: string, unlessGiven: number): number {
  const seconds = /^\+?\d{1,9}$/.test(text) ? Number(text) : 0
  return seconds > 0 ? seconds : unlessGiven
}

function index(): string {
  const lines = [...kinds].map(([name, { about }]) => `${name.padEnd(14)}${about}\n`)
  return `Profiles of the server, for go tool pprof; as text with ?debug=1.\n\n${lines.join('')}${'cmdline'.padEnd(14)}The command line.\n`
}

function unknown(name: string): string {
  const reason = absent.get(name)
  return reason === undefined
    ? 'Unknown profile\n'
    : `There is no profile "${name}" here: ${reason}.\n`
}

function plain(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).type('text/plain; charset=utf-8').send(text)
}
