const systems = new Map([
  ['win32', 'windows'],
  ['sunos', 'solaris'],
])
const architectures = new Map([
  ['x64', 'amd64'],
  ['ia32', '386'],
  ['mipsel', 'mipsle'],
])

/** A platform of Node's under the names that Go has for it; the same where both agree. */
export function goPlatform(
  platform: string,
  arch: string,
): { readonly goarch: string; readonly goos: string } {
  return {
    goarch: architectures.get(arch) ?? arch,
    goos: systems.get(platform) ?? platform,
  }
}
