import { writeFileSync } from 'node:fs'
import { compiledBytes } from './compiled-server.mjs'

// Part of the build, in a process of its own: the flags under which V8 compiles are those of its process.
const [path, compiledPath] = process.argv.slice(2)
writeFileSync(compiledPath, compiledBytes(path))
