import { messageOf, NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import type { AlertmanagerConfig } from '../config/alerting-config.ts'
import type { Config, ScrapeConfig } from '../config/config.ts'
import type { DiscoveryConfig } from '../config/discovery-config.ts'
import { filesMatching } from '../config/glob.ts'
import type { TlsConfig } from '../config/tls-config.ts'
import type { TargetGroup } from '../discovery/discoverer.ts'
import { readGroupsOfFile } from '../discovery/target-group-file.ts'
import { goQuote } from '../model/go-quote.ts'
import { Labels } from '../model/labels.ts'
import { alertmanagerOf } from '../rules/alertmanager-set.ts'
import { targetOf } from '../scrape/target.ts'
import type { ToolTerminal } from './terminal.ts'

type Group = TargetGroup
type CheckGroups = (groups: readonly Group[]) => void

/** The files that rule_files names. Throws CONFIG_INVALID where one without a star is not there. */
export function ruleFilesOf(config: Config, fs: FileSystem): readonly string[] {
  return config.ruleFiles.flatMap((glob) => {
    const files = filesMatching(fs, glob)
    if (files.length === 0 && !glob.includes('*')) {
      throw fault(`${goQuote(glob)} does not point to an existing file`)
    }
    return files
  })
}

/**
 * Looks at what a configuration refers to, as promtool does: credentials, client certificates, files
 * of targets, and whether its targets can be scraped and its Alertmanagers asked. Without `fs` only
 * at the targets that stand in it. Throws CONFIG_INVALID for the first that is wrong.
 */
export function checkReferences(
  config: Config,
  fs: FileSystem | undefined,
  terminal: ToolTerminal,
): void {
  for (const job of config.scrapeConfigs) {
    const { authorization, tls } = job.http
    if (fs !== undefined) {
      const file = authorization?.credentialsFile ?? ''
      demandFile(fs, file, 'authorization credentials or bearer token file')
      checkTls(fs, tls)
    }
    const place = `in scrape job ${goQuote(job.jobName)}`
    const check: CheckGroups = (groups) => checkTargets(groups, job)
    for (const discovery of job.discovery) checkDiscovery(discovery, fs, place, check, terminal)
  }
  for (const alertmanager of config.alerting.alertmanagers) {
    const check: CheckGroups = (groups) => checkAlertmanagers(groups, alertmanager)
    for (const discovery of alertmanager.discovery) {
      // Of Kubernetes' certificates promtool looks at those of jobs only.
      if (discovery.mechanism === 'kubernetes') continue
      checkDiscovery(discovery, fs, 'in alertmanager config', check, terminal)
    }
  }
}

function fault(words: string): NarthexError {
  return new NarthexError('CONFIG_INVALID', words)
}

function demandFile(fs: FileSystem, file: string, what: string): void {
  if (file === '' || fs.stat(file) !== undefined) return
  throw fault(`error checking ${what} ${goQuote(file)}: stat ${file}: no such file or directory`)
}

function checkTls(fs: FileSystem, { certFile, keyFile }: TlsConfig): void {
  demandFile(fs, certFile, 'client cert file')
  demandFile(fs, keyFile, 'client key file')
}

function checkDiscovery(
  discovery: DiscoveryConfig,
  fs: FileSystem | undefined,
  place: string,
  check: CheckGroups,
  terminal: ToolTerminal,
): void {
  if (discovery.mechanism === 'static') {
    const groups = discovery.groups.map(({ targets, labels }, index) => ({
      source: String(index),
      targets: targets.map((address) => Labels.of({ __address__: address })),
      labels,
    }))
    check(groups)
  } else if (fs !== undefined && discovery.mechanism === 'kubernetes') {
    checkTls(fs, discovery.http.tls)
  } else if (fs !== undefined && discovery.mechanism === 'file') {
    for (const glob of discovery.files) {
      const files = filesMatching(fs, glob)
      for (const file of files) check(groupsOf(fs, file, glob))
      if (files.length > 0) continue
      terminal.print(`  WARNING: file ${goQuote(glob)} for file_sd ${place} does not exist\n`)
    }
  }
}

function groupsOf(fs: FileSystem, file: string, glob: string): readonly Group[] {
  try {
    const groups = readGroupsOfFile(new TextDecoder().decode(fs.readFile(file)), file)
    return groups.map((group) => ({ ...group, source: '' }))
  } catch (thrown) {
    throw new NarthexError(
      'CONFIG_INVALID',
      `checking SD file ${goQuote(glob)}: ${messageOf(thrown)}`,
      { cause: thrown },
    )
  }
}

function checkTargets(groups: readonly Group[], job: ScrapeConfig): void {
  for (const { source, targets, labels } of groups) {
    for (const [index, own] of targets.entries()) {
      const outcome = targetOf(own, labels, job)
      if (outcome.kind !== 'failed') continue
      throw fault(`instance ${index} in group ${source}: ${outcome.reason}`)
    }
  }
}

function checkAlertmanagers(groups: readonly Group[], config: AlertmanagerConfig): void {
  for (const { targets, labels } of groups) {
    for (const own of targets) {
      const outcome = alertmanagerOf(own, labels, config)
      if (outcome.kind === 'failed') throw fault(outcome.reason)
    }
  }
}
