/** The library's public face: a database inside a program. */
export { type ErrorCode, NarthexError } from './base/errors.ts'
export type * from './library/contract.ts'
export { open } from './library/open.ts'
