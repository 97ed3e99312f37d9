import { NarthexError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import type { Config } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import { openFault } from '../config/open-fault.ts'
import { goQuote } from '../model/go-quote.ts'
import type { Flags } from './flags.ts'
import { retentionOfFlags } from './retention.ts'
import { configDefaults } from './scrape-features.ts'
import { storageEncodings } from './storage-encodings.ts'

/**
 * The configuration that --config.file names, with what the flags say of it; its notices are logged.
 * Throws CONFIG_INVALID or NOT_BUILT_YET.
 */
export function readConfig(flags: Flags, logger: Logger): Config {
  const path = flags.text('config.file')
  let text: string
  try {
    text = new TextDecoder().decode(nodeFileSystem.readFile(path))
  } catch (thrown) {
    throw new NarthexError('CONFIG_INVALID', openFault(thrown, path), { cause: thrown })
  }
  return loadConfigText(text, path, flags, logger)
}

/** The same for a server that runs; what is wrong is told as upstream tells it. */
export function rereadConfig(flags: Flags, logger: Logger): Config {
  try {
    return readConfig(flags, logger)
  } catch (thrown) {
    if (!(thrown instanceof NarthexError)) throw thrown
    const words = `couldn't load configuration (--config.file=${goQuote(flags.text('config.file'))})`
    throw new NarthexError(thrown.code, `${words}: ${thrown.message}`, { cause: thrown })
  }
}

function loadConfigText(text: string, path: string, flags: Flags, logger: Logger): Config {
  const config = loadConfig(text, path, {
    fs: nodeFileSystem,
    environment: process.env,
    emptyVariable: (name) => logger.warn('Empty environment variable', { name }),
    ...configDefaults(flags),
    allowUnimplemented: flags.isOn('narthex.allow-unimplemented'),
    retention: retentionOfFlags(flags),
    exemplarsMax: flags.isFeatureOn('exemplar-storage') ? exemplarsMaxAtFirst : undefined,
  })
  // Refuses what does not go together.
  storageEncodings(config.storage, flags)
  for (const notice of config.notices) logger.warn(notice)
  if (config.storage.exemplarsMax !== undefined && !flags.isFeatureOn('exemplar-storage')) {
    logger.warn('storage.exemplars does nothing without --enable-feature=exemplar-storage')
  }
  return config
}

/** Upstream's, for files that do not say it. */
const exemplarsMaxAtFirst = 100_000
