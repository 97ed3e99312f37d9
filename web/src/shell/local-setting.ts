import { useCallback, useSyncExternalStore } from 'react'

const listeners = new Set<() => void>()
window.addEventListener('storage', announce)

function announce(): void {
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Reads a text that this browser remembers; null where it remembers nothing or may not. */
export function readSetting(key: string): string | null {
  try {
    return window.localStorage.getItem(`narthex.${key}`)
  } catch (thrown) {
    // Storage is refused in some private windows; the page then works without memory.
    if (thrown instanceof DOMException) return null
    throw thrown
  }
}

export function writeSetting(key: string, value: string): void {
  try {
    window.localStorage.setItem(`narthex.${key}`, value)
  } catch (thrown) {
    // Full or refused: the setting lasts as long as the page at most.
    if (!(thrown instanceof DOMException)) throw thrown
  }
  announce()
}

/** A remembered text as state, the same in every component and tab. */
export function useSetting(key: string): readonly [string | null, (value: string) => void] {
  const value = useSyncExternalStore(subscribe, () => readSetting(key))
  const write = useCallback((next: string) => writeSetting(key, next), [key])
  return [value, write]
}
