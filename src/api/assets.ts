/** A file of the page. */
export interface Asset {
  readonly bytes: Uint8Array
  readonly contentType: string
  /** Its name holds a hash of its content: browsers may keep it for ever. */
  readonly immutable: boolean
}

/** A fixed set of files by path without a leading slash. */
export interface AssetSource {
  get(path: string): Asset | undefined
}
