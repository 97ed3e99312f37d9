import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/**
 * Installs what package-lock.json names, unless that was done already for this lock file, Node
 * major and platform. Works on a machine with only Node and npm.
 */
export function ensureInstalled() {
  const stamp = join(root, 'node_modules', '.installed')
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(`${process.versions.modules} ${process.platform} ${process.arch}`)
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  console.log('Installing packages; this happens once ...')
  // Not `npm ci`: it fails where a registry lacks the optional packages of other platforms. The
  // versions are exact and the lock file is kept as it is either way.
  run('npm', ['install', '--no-save', '--no-fund', '--no-audit', '--loglevel=error'])
  writeFileSync(stamp, wanted)
}

/** Runs a command in the project, its output shown; a failure ends this process with its code. */
export function run(command, parameters, environment = process.env) {
  const shell = process.platform === 'win32'
  const result = spawnSync(command, parameters, {
    cwd: root,
    stdio: 'inherit',
    shell,
    env: environment,
  })
  if (result.error !== undefined) throw result.error
  if (result.status !== 0) process.exit(result.status ?? 1)
}
