import { messageOf, NarthexError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Config } from '../config/config.ts'

/** A part of the server that follows the configuration; `apply` throws where it cannot. */
export interface ConfiguredPart {
  readonly name: string
  apply(config: Config): void
}

/**
 * Hands a loaded configuration to every part in order. A part that cannot take it does not keep it
 * from the others (row C1.10): at the end CONFIG_INVALID is thrown with what each of them said.
 */
export function applyConfig(
  parts: readonly ConfiguredPart[],
  config: Config,
  logger: Logger,
): void {
  const failed: string[] = []
  for (const { name, apply } of parts) {
    try {
      apply(config)
    } catch (thrown) {
      if (!(thrown instanceof NarthexError)) throw thrown
      failed.push(`${name}: ${messageOf(thrown)}`)
      logger.error('Failed to apply configuration', { part: name, err: messageOf(thrown) })
    }
  }
  if (failed.length === 0) return
  const words = `one or more errors occurred while applying the new configuration (--config.file=${JSON.stringify(config.file)})`
  throw new NarthexError('CONFIG_INVALID', `${words}: ${failed.join('; ')}`)
}
