/** The library's public face: run a server inside a program. */
export { type Logger, type LogValue, silentLogger } from './base/logger.ts'
export { type Server, type ServerOptions, startServer } from './server.ts'
export { type Flags, readCommandLine } from './tool/flags.ts'
