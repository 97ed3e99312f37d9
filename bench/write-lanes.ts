import { closeSync, openSync, readSync } from 'node:fs'
import { Agent, request } from 'node:http'
import type { Running } from './contestants.ts'
import type { Bodies } from './write-bodies.ts'

const headersOf = {
  1: {
    'Content-Type': 'application/x-protobuf',
    'Content-Encoding': 'snappy',
    'X-Prometheus-Remote-Write-Version': '0.1.0',
  },
  2: {
    'Content-Type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
    'Content-Encoding': 'snappy',
    'X-Prometheus-Remote-Write-Version': '2.0.0',
  },
} as const

/**
 * Sends the bodies from..end, of which `perStep` belong to one time. Each lane, with a connection of
 * its own, takes the same places of every time, one after the other: so that a series is in order.
 * Throws for the first that is refused.
 */
export async function sendInLanes(
  running: Running,
  bodies: Bodies,
  { from, end }: { readonly from: number; readonly end: number },
  { message, lanes, perStep }: { message: 1 | 2; lanes: number; perStep: number },
): Promise<void> {
  const descriptor = openSync(bodies.file, 'r')
  const starts = [0]
  for (const length of bodies.lengths) starts.push((starts.at(-1) ?? 0) + length)
  const agent = new Agent({ keepAlive: true, maxSockets: lanes })
  const sendLane = async (lane: number) => {
    for (let body = from; body < end; body++) {
      if ((body % perStep) % lanes !== lane) continue
      const bytes = new Uint8Array(bodies.lengths[body] ?? 0)
      readSync(descriptor, bytes, 0, bytes.length, starts[body] ?? 0)
      const { status, text } = await post(running, agent, bytes, message)
      if (status < 300) continue
      const words = `${running.contestant.name} refused a body: ${status} ${text.slice(0, 300)}`
      throw new Error(words)
    }
  }
  try {
    await Promise.all(Array.from({ length: lanes }, (_, lane) => sendLane(lane)))
  } finally {
    agent.destroy()
    closeSync(descriptor)
  }
}

interface Reply {
  readonly status: number
  readonly text: string
}

function post(running: Running, agent: Agent, body: Uint8Array, message: 1 | 2): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = { ...headersOf[message], 'Content-Length': body.length }
    const url = `${running.url}${running.contestant.writePath}`
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => {
        text += piece
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
