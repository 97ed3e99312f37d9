/** How others reach this server (--web.external-url), in parts as they are written; each may be empty. */
export interface ExternalUrl {
  /** All of it, without a slash behind its path. */
  readonly text: string
  readonly scheme: string
  /** With the port, where one is written. */
  readonly host: string
  /** From a slash on, and without one behind it. */
  readonly path: string
}
