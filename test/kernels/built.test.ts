import { describe, expect, it } from 'vitest'
import { startBuiltServer } from '../support/built-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

describe('the built server', () => {
  it('has its kernels inside, and says that they are active', async () => {
    const server = await startBuiltServer({ directory: temporaryDirectory() })
    const text = await (await fetch(`${server.url}/metrics`)).text()
    const kernels = [
      'snappy',
      'chunks',
      'exposition',
      'float-text',
      'deflate',
      'writes',
      'sample-rows',
      'chunk-scan',
    ]
    for (const kernel of kernels) {
      expect(text).toContain(`narthex_kernel_active{kernel="${kernel}"} 1\n`)
    }
  })
})
