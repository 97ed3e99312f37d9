import type { Clock } from '../base/clock.ts'

/** Where a tool writes: its answer, and beside it what a person should see. */
export interface ToolTerminal {
  print(text: string): void
  warn(line: string): void
  /** Text for the error output as it is, behind all that was printed before. */
  complain(text: string): void
  /** The state of something long; shown to a person once a second, never in a file or pipe. */
  progress(line: string): void
  /** Takes the last state away and hands over what is still held. */
  end(): void
}

export interface TerminalStreams {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Whether a person reads `err`. */
  readonly isWatched: boolean
}

const heldUnits = 1 << 16
const progressMs = 1_000

export function openTerminal({ out, err, isWatched }: TerminalStreams, clock: Clock): ToolTerminal {
  let held = ''
  let isShown = false
  let nextMs = clock.monotonicMs() + progressMs
  const flush = () => {
    if (held !== '') out(held)
    held = ''
  }
  const wipe = () => {
    if (isShown) err('\r\x1b[K')
    isShown = false
  }
  return {
    print(text) {
      held += text
      if (held.length < heldUnits) return
      wipe()
      flush()
    },
    warn(line) {
      wipe()
      err(`narthex: ${line}\n`)
    },
    complain(text) {
      wipe()
      flush()
      err(text)
    },
    progress(line) {
      if (!isWatched || clock.monotonicMs() < nextMs) return
      nextMs = clock.monotonicMs() + progressMs
      err(`\r\x1b[K${line}`)
      isShown = true
    },
    end() {
      wipe()
      flush()
    },
  }
}
