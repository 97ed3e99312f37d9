import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { NarthexError } from '../../src/base/errors.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { loadConfig } from '../../src/config/load.ts'
import { applyConfig } from '../../src/tool/apply-config.ts'
import { AutoReload } from '../../src/tool/auto-reload.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const main = 'rule_files: [rules/*.yml]\nscrape_config_files: [jobs.yml]\n'

function bench() {
  const directory = temporaryDirectory()
  const clock = new SimClock()
  const write = (name: string, text: string) =>
    nodeFileSystem.writeFile(join(directory, name), Buffer.from(text))
  nodeFileSystem.makeDirectory(join(directory, 'rules'))
  write('prometheus.yml', main)
  const state = { reloads: 0, isRefused: false }
  const autoReload = new AutoReload({
    fs: nodeFileSystem,
    clock,
    logger: silentLogger,
    path: join(directory, 'prometheus.yml'),
    intervalMs: 30_000,
    reload: async () => {
      state.reloads++
      if (state.isRefused) throw new NarthexError('CONFIG_INVALID', 'refused')
    },
  })
  onTestFinished(() => autoReload.stop())
  autoReload.start()
  const reloadsAfter = async (change: () => void) => {
    change()
    await clock.advance(30_000)
    await clock.advance(1)
    return state.reloads
  }
  return { autoReload, state, write, reloadsAfter, directory }
}

describe('reloading by itself', () => {
  it('follows the file, its rule files and its scrape config files, and nothing else', async () => {
    const { reloadsAfter, write } = bench()
    expect(await reloadsAfter(() => undefined)).toBe(0)
    expect(await reloadsAfter(() => write('prometheus.yml', `${main}# more\n`))).toBe(1)
    expect(await reloadsAfter(() => write('rules/a.yml', 'groups: []'))).toBe(2)
    expect(await reloadsAfter(() => write('rules/a.yml', 'groups: [ ]'))).toBe(3)
    expect(await reloadsAfter(() => write('rules/a.txt', 'no rules'))).toBe(3)
    expect(await reloadsAfter(() => write('jobs.yml', 'scrape_configs: []'))).toBe(4)
    expect(await reloadsAfter(() => undefined)).toBe(4)
  })

  it('tries what was refused again until it is taken', async () => {
    const { reloadsAfter, state, write } = bench()
    state.isRefused = true
    expect(await reloadsAfter(() => write('prometheus.yml', 'a: ['))).toBe(1)
    expect(await reloadsAfter(() => undefined)).toBe(2)
    state.isRefused = false
    expect(await reloadsAfter(() => write('prometheus.yml', main))).toBe(2)
    expect(await reloadsAfter(() => write('prometheus.yml', 'global: {}'))).toBe(3)
    expect(await reloadsAfter(() => undefined)).toBe(3)
  })

  it('does not load again what somebody else loaded', async () => {
    const { reloadsAfter, autoReload, write } = bench()
    const reloads = await reloadsAfter(() => {
      write('prometheus.yml', 'global: {}')
      autoReload.loaded()
    })
    expect(reloads).toBe(0)
  })
})

describe('applying a configuration', () => {
  const config = loadConfig('', 'x.yml')

  it('reaches the parts behind one that cannot take it, and names that one', () => {
    const reached: string[] = []
    const parts = ['a', 'b', 'c'].map((name) => ({
      name,
      apply: () => {
        reached.push(name)
        if (name === 'b') throw new NarthexError('CONFIG_INVALID', 'no')
      },
    }))
    expect(() => applyConfig(parts, config, silentLogger)).toThrow(
      'one or more errors occurred while applying the new configuration (--config.file="x.yml"): b: no',
    )
    expect(reached).toEqual(['a', 'b', 'c'])
  })

  it('does not hide a fault of the program', () => {
    const fault = new TypeError('ours')
    const apply = () => {
      throw fault
    }
    expect(() => applyConfig([{ name: 'a', apply }], config, silentLogger)).toThrow(fault)
  })
})
