import { expect, test } from 'vitest'
import { goPlatform } from '../../src/tool/go-platform.ts'

test.each([
  ['linux', 'x64', 'linux', 'amd64'],
  ['linux', 'arm64', 'linux', 'arm64'],
  ['darwin', 'arm64', 'darwin', 'arm64'],
  ['win32', 'ia32', 'windows', '386'],
])("%s on %s is Go's %s on %s", (platform, arch, goos, goarch) => {
  expect(goPlatform(platform, arch)).toEqual({ goos, goarch })
})
