import { noLooks } from '../base/looks.ts'
import type { QueryControl } from './query-runner.ts'

/** The control of a query that has its thread for itself, to its end. */
export const unstoppable: QueryControl = { checkpoint: () => undefined, looks: noLooks }
