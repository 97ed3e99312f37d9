import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { compileFunction } from 'node:vm'

const parameters = ['exports', 'require', 'module', '__filename', '__dirname']
const digestBytes = 32

/**
 * A CommonJS file as a function of what Node hands to one. What V8 compiled of it at the build saves
 * most of its time, if the same Node runs with the same flags; V8 sees to that. It would take compiled
 * code of any other text of the same length, and damaged code, too: both have their digests here.
 */
export function compiledFunction(path, compiledPath) {
  const text = readFileSync(path)
  const cachedData = compiledCode(text, compiledPath)
  // The build escapes all that is not ASCII.
  return compileFunction(text.toString('latin1'), parameters, { filename: path, cachedData })
}

/** What is written to the file that compiledFunction() reads. */
export function compiledBytes(path) {
  const text = readFileSync(path)
  const options = { filename: path, produceCachedData: true }
  const { cachedData } = compileFunction(text.toString('latin1'), parameters, options)
  return Buffer.concat([digestOf(text), digestOf(cachedData), cachedData])
}

function compiledCode(text, compiledPath) {
  const bytes = bytesIfThere(compiledPath)
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
