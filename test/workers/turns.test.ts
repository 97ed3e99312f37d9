import { MessageChannel } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { limits } from '../../src/base/limits.ts'
import { controlState, controlWord, controlWords } from '../../src/workers/protocol.ts'
import { Turns } from '../../src/workers/turns.ts'
import { SimClock } from '../sim/sim-clock.ts'

/** Queries that each take a whole turn between their checkpoints; `took` has whose turns those were. */
function startTurns() {
  const clock = new SimClock()
  const turns = new Turns(clock)
  const took: string[] = []
  async function run(name: string, count: number, isRule = false, memory = controlMemory()) {
    const control = turns.control(memory, isRule)
    try {
      for (let turn = 0; turn < count; turn++) {
        took.push(name)
        void clock.advance(limits.queryTurnMs)
        await control.checkpoint()
      }
    } finally {
      control.end()
    }
  }
  return { run, took }
}

function controlMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(controlWords * 4)
}

it('a message to a worker of ten queries is heard after a turn or two, not after all of theirs', async () => {
  const { run, took } = startTurns()
  const { port1, port2 } = new MessageChannel()
  const heard = new Promise<number>((resolve) => {
    port2.once('message', (sent: number) => resolve(took.length - sent))
  })
  const queries = Array.from({ length: 10 }, (_, index) => run(String(index), 20))
  port1.postMessage(took.length)
  expect(await heard).toBeLessThanOrEqual(2)
  await Promise.all(queries)
  port1.close()
})

it('queries take their turns in order', async () => {
  const { run, took } = startTurns()
  await Promise.all([run('a', 3), run('b', 3), run('c', 3)])
  expect(took.join('')).toBe('abcabcabc')
})

it('a rule goes first, and from a while on every second turn is of those that wait for it', async () => {
  const { run, took } = startTurns()
  const rounds = limits.ruleTurnsMs / limits.queryTurnMs
  await Promise.all([run('q', 2), run('r', rounds + 3, true)])
  // What the query waits for begins with the rule's first turn, which it had no say in.
  expect(took.join('')).toBe(`qr${'r'.repeat(rounds - 1)}qrrr`)
})

it('a query that is stopped leaves without its turn', async () => {
  const { run, took } = startTurns()
  const memory = controlMemory()
  const stopped = run('s', 5, false, memory)
  const other = run('o', 3)
  Atomics.store(new Int32Array(memory), controlWord.state, controlState.canceled)
  await expect(stopped).rejects.toThrow('query canceled')
  await other
  expect(took.join('')).toBe('sooo')
})

it('a loop that cannot wait for its turn hears within some items that its query was stopped', () => {
  const memory = controlMemory()
  const control = new Turns(new SimClock()).control(memory, false)
  const loop = () => {
    for (let item = 0; item < limits.itemsPerLook; item++) control.looks.item()
  }
  expect(loop).not.toThrow()
  Atomics.store(new Int32Array(memory), controlWord.state, controlState.timedOut)
  expect(loop).toThrow('query timed out')
})

it('a loop that may wait lets others have their turn, also where it is the work on its items that looks', async () => {
  const clock = new SimClock()
  const turns = new Turns(clock)
  const { looks } = turns.control(controlMemory(), false)
  const done: string[] = []
  async function loop(): Promise<void> {
    for (let item = 0; item < 100; item++) {
      await looks.turn()
      for (let compared = 0; compared < 2 * limits.itemsPerLook; compared++) looks.item()
      void clock.advance(1)
    }
    done.push('loop')
  }
  const other = async () => {
    const { checkpoint } = turns.control(controlMemory(), false)
    for (let turn = 0; turn < 3; turn++) {
      void clock.advance(limits.queryTurnMs)
      await checkpoint()
    }
    done.push('other')
  }
  await Promise.all([loop(), other()])
  expect(done).toEqual(['other', 'loop'])
})
