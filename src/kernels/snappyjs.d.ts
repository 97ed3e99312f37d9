declare module 'snappyjs' {
  const snappy: {
    compress(input: Uint8Array): Uint8Array
    /** Throws when the declared length is over the maximum; checks little else. */
    uncompress(input: Uint8Array, lengthMax?: number): Uint8Array
  }
  export default snappy
}
