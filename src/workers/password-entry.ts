import { parentPort } from 'node:worker_threads'
import { compareSync } from 'bcryptjs'
import { assert } from '../base/assert.ts'
import type { PasswordQuestion } from './password-thread.ts'

// The shell of the thread that compares passwords: one takes some 70 ms.
const port = parentPort
assert(port !== null, 'passwords are compared in a thread of its own')

port.on('message', ({ password, hash }: PasswordQuestion) => {
  port.postMessage(isOf(password, hash))
})

/** A hash that bcrypt cannot read is nobody's. */
function isOf(password: string, hash: string): boolean {
  try {
    return compareSync(password, hash)
  } catch (thrown) {
    if (thrown instanceof Error) return false
    throw thrown
  }
}
