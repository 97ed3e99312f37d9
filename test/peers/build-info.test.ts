import { expect, it } from 'vitest'
import { startBuiltServer } from '../support/built-server.ts'
import { peersAreAbsent } from '../support/peers.ts'
import { startPrometheus } from '../support/real-prometheus.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

it.skipIf(peersAreAbsent)(
  'prometheus_build_info tells system and architecture as the real Prometheus on this machine does',
  async () => {
    const ours = await startBuiltServer({ directory: temporaryDirectory() })
    const theirs = await startPrometheus(temporaryDirectory())
    const wanted = await platformOf(theirs.url)
    expect(wanted).toHaveLength(2)
    expect(await platformOf(ours.url)).toEqual(wanted)
  },
)

async function platformOf(url: string): Promise<readonly string[]> {
  const page = await (await fetch(`${url}/metrics`)).text()
  const labels = /^prometheus_build_info\{(.*)\} 1$/m.exec(page)?.[1] ?? ''
  return labels.split(',').filter((label) => /^go(os|arch)=/.test(label))
}
