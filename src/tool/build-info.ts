import packageJson from '../../package.json' with { type: 'json' }
import type { BuildInfo } from '../api/api-options.ts'

/** The Prometheus whose behaviour this is: clients judge a server by it. */
const compatibleVersion = '3.14.0'

export function buildInfo(): BuildInfo {
  return {
    version: compatibleVersion,
    revision: '',
    branch: '',
    buildUser: '',
    buildDate: '',
    goVersion: '',
    narthexVersion: packageJson.version,
    nodeVersion: process.version,
  }
}

/** What --version prints. */
export function versionText(): string {
  const { narthexVersion, version, nodeVersion } = buildInfo()
  return [
    `narthex, version ${narthexVersion} (compatible with prometheus, version ${version})`,
    `  node version:     ${nodeVersion}`,
    `  platform:         ${process.platform}/${process.arch}`,
  ].join('\n')
}
