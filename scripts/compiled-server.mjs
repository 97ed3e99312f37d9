import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Script } from 'node:vm'

const parameters = ['exports', 'require', 'module', '__filename', '__dirname']
const digestBytes = 32

/**
 * A CommonJS file as a function of what Node hands to one. What V8 compiled of it at the build saves
 * most of its time, if the same Node runs with the same flags; V8 sees to that. It would take compiled
 * code of any other text of the same length, and damaged code, too: both have their digests here.
 */
export function compiledFunction(path, compiledPath) {
  return functionOf(readFileSync(path), path, bytesIfThere(compiledPath))
}

/** The same of a file's bytes, and those of what was compiled. */
export function functionOf(text, filename, compiled) {
  const script = scriptOf(text, filename, compiledCode(text, compiled))
  return Object.assign(script.runInThisContext(), { script })
}

/**
 * What is written to the file that compiledFunction() reads: what V8 has compiled by now of a function
 * that it answered. Functions are compiled when they are called first.
 */
export function compiledBytes(path, { script }) {
  const code = script.createCachedData()
  return Buffer.concat([digestOf(readFileSync(path)), digestOf(code), code])
}

function scriptOf(text, filename, cachedData) {
  // The build escapes all that is not ASCII.
  const body = text.toString('latin1')
  return new Script(`(function (${parameters.join()}) {${body}\n})`, { filename, cachedData })
}

function compiledCode(text, bytes) {
  if (bytes === undefined) return undefined
  const code = bytes.subarray(digestBytes * 2)
  const digests = Buffer.concat([digestOf(text), digestOf(code)])
  return digests.equals(bytes.subarray(0, digestBytes * 2)) ? code : undefined
}

function bytesIfThere(path) {
  try {
    return readFileSync(path)
  } catch {
    // It only saves time.
    return undefined
  }
}

function digestOf(bytes) {
  return createHash('sha256').update(bytes).digest()
}
