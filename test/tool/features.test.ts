import { describe, expect, it } from 'vitest'
import { builtinFunctions } from '../../src/rules/template-builtins.ts'
import { templateFunctions } from '../../src/rules/template-functions.ts'
import { featureReport } from '../../src/tool/feature-report.ts'
import { readCommandLine } from '../../src/tool/flags.ts'
import { scrapeFeatures } from '../../src/tool/scrape-features.ts'

function featuresOf(...parameters: readonly string[]) {
  const command = readCommandLine(parameters)
  if (command.kind !== 'serve') throw new Error('not the server')
  return command.flags
}

describe('--enable-feature', () => {
  it('takes several names at once, and more than one flag', () => {
    const flags = featuresOf(
      '--enable-feature=native-histograms,ooo-native-histograms',
      '--enable-feature=promql-duration-expr',
    )
    const named = ['native-histograms', 'ooo-native-histograms', 'promql-duration-expr']
    expect(named.map((name) => flags.isFeatureOn(name))).toEqual([true, true, true])
    expect(flags.isFeatureOn('old-ui')).toBe(false)
    expect(flags.idleFeatures).toEqual(named)
  })

  it('goes on without a name that upstream does not know either, and tells of it', () => {
    expect(featuresOf('--enable-feature=teleport').idleFeatures).toEqual(['teleport'])
  })

  it('refuses by name what is not built, unless that is allowed', () => {
    expect(() => featuresOf('--enable-feature=old-ui')).toThrow(
      'flag --enable-feature=old-ui is not built yet and would do nothing',
    )
    const flags = featuresOf('--enable-feature=old-ui', '--narthex.allow-unimplemented')
    expect(flags.unimplemented).toEqual(['enable-feature=old-ui'])
    expect(flags.idleFeatures).toEqual([])
  })

  it.each([
    ['--enable-feature=st-synthesis', true],
    ['--enable-feature=st-storage', undefined],
  ])('with %s start timestamps are made up, and the report names that: %s', (flag, isOn) => {
    const flags = featuresOf(flag)
    expect(scrapeFeatures(flags).synthesis !== undefined || undefined).toBe(isOn)
    expect(featureReport(flags, []).scrape?.['st-synthesis']).toBe(isOn)
  })

  it('the report names what needs no flag: template functions, keys of rules and of scrape jobs', () => {
    const report = featureReport(featuresOf(), [])
    const templates = report.templating_functions ?? {}
    // Go's own functions are not Prometheus'.
    const names = [...templateFunctions.keys()].filter((name) => !builtinFunctions.has(name))
    expect(names).toHaveLength(29)
    expect(templates).toEqual(Object.fromEntries(names.map((name) => [name, true])))
    expect(report.rules).toEqual({
      concurrent_rule_eval: false,
      keep_firing_for: true,
      query_offset: true,
    })
    expect(report.scrape?.extra_scrape_metrics).toBe(true)
  })
})
