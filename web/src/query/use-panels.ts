import { useCallback, useEffect, useRef, useState } from 'react'
import { currentRoute, subscribeToUrl, writeSearch } from '../shell/router.ts'
import { newPanel, type Panel, panelsMax } from './panel.ts'
import { decodePanels, encodePanels } from './url-state.ts'

/** A panel with an identity that lasts while panels before it come and go. */
export interface KeyedPanel {
  readonly key: number
  readonly panel: Panel
}

export interface PanelActions {
  /** Changes a panel; the URL gets a new entry, so that the browser's back button undoes it. */
  readonly change: (key: number, change: Partial<Panel>) => void
  readonly add: () => void
  readonly duplicate: (key: number) => void
  readonly remove: (key: number) => void
}

let lastKey = 0

function keyed(panel: Panel): KeyedPanel {
  lastKey += 1
  return { key: lastKey, panel }
}

/** The panels of the query page, the same as those of the URL at all times. */
export function usePanels(): readonly [readonly KeyedPanel[], PanelActions] {
  const [panels, setPanels] = useState(() => decodePanels(window.location.search).map(keyed))

  useEffect(
    () =>
      subscribeToUrl(() => {
        if (currentRoute() !== 'query') return
        setPanels((old) =>
          decodePanels(window.location.search).map((panel, index) => {
            const before = old[index]
            return before === undefined ? keyed(panel) : { key: before.key, panel }
          }),
        )
      }),
    [],
  )

  const written = useRef(false)
  useEffect(() => {
    // The first write only names what the address stood for; it is nothing to go back to.
    writeSearch(
      encodePanels(panels.map(({ panel }) => panel)),
      written.current ? 'push' : 'replace',
    )
    written.current = true
  }, [panels])

  const change = useCallback((key: number, changes: Partial<Panel>) => {
    setPanels((old) =>
      old.map((entry) =>
        entry.key === key ? { key, panel: { ...entry.panel, ...changes } } : entry,
      ),
    )
  }, [])
  const add = useCallback(() => {
    setPanels((old) => (old.length >= panelsMax ? old : [...old, keyed(newPanel)]))
  }, [])
  const duplicate = useCallback((key: number) => {
    setPanels((old) =>
      old.length >= panelsMax
        ? old
        : old.flatMap((entry) => (entry.key === key ? [entry, keyed(entry.panel)] : [entry])),
    )
  }, [])
  const remove = useCallback((key: number) => {
    setPanels((old) => {
      const left = old.filter((entry) => entry.key !== key)
      return left.length === 0 ? [keyed(newPanel)] : left
    })
  }, [])
  return [panels, { change, add, duplicate, remove }]
}
