import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Hands over what is to be done at the end of a test, or of a file. */
export type AtEnd = (clean: () => void | Promise<void>) => void

/** A fresh folder that is gone at the end. */
export function temporaryDirectory(atEnd: AtEnd = onTestFinished): string {
  const path = mkdtempSync(join(tmpdir(), 'narthex-test-'))
  atEnd(() => rmSync(path, { recursive: true, force: true }))
  return path
}
