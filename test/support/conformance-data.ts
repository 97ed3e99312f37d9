import { existsSync } from 'node:fs'

/** The folder of conformance data; empty where there is none. */
export const conformanceDirectory = process.env.NARTHEX_CONFORMANCE ?? ''

/** True, and said loudly, when a test has to be skipped for want of the data. */
export const conformanceIsAbsent = absent()

function absent(): boolean {
  if (conformanceDirectory !== '' && existsSync(conformanceDirectory)) return false
  console.warn('SKIPPED: no NARTHEX_CONFORMANCE, so nothing is held against the given data here')
  return true
}
