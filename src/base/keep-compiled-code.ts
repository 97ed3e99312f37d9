import { setFlagsFromString } from 'node:v8'
import { limits } from './limits.ts'

/**
 * Has all threads of the process keep compiled code for as long as they do anything. V8 collects a thread
 * that made little for eight seconds so that nothing is left over: shapes go of objects of which there
 * is none just then, and all code that was compiled for them (see collect-in-slices). To a server that
 * evaluates rules or answers panels this happens every minute, and 14 and 22 % of its processor time (two
 * runs) were code that runs slowly, or is compiled, again.
 */
export function keepCompiledCode(): void {
  setFlagsFromString(`--gc-memory-reducer-start-delay-ms=${limits.idleReductionMs}`)
}
