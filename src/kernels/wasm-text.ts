/**
 * The compiled modules of assembly/ as base64. The build puts the texts here (scripts/kernels.mjs),
 * and so do the tests; run straight from the sources there are none, and the twins do the work.
 */
declare const narthexSnappyWasm: string | undefined
declare const narthexChunksWasm: string | undefined
declare const narthexExpositionWasm: string | undefined
declare const narthexFloatTextWasm: string | undefined
declare const narthexDeflateWasm: string | undefined
declare const narthexWritesWasm: string | undefined
declare const narthexSampleRowsWasm: string | undefined
declare const narthexChunkScanWasm: string | undefined

export const snappyWasmText = typeof narthexSnappyWasm === 'string' ? narthexSnappyWasm : undefined
export const chunksWasmText = typeof narthexChunksWasm === 'string' ? narthexChunksWasm : undefined
export const expositionWasmText =
  typeof narthexExpositionWasm === 'string' ? narthexExpositionWasm : undefined
export const floatTextWasmText =
  typeof narthexFloatTextWasm === 'string' ? narthexFloatTextWasm : undefined
export const deflateWasmText =
  typeof narthexDeflateWasm === 'string' ? narthexDeflateWasm : undefined
export const writesWasmText = typeof narthexWritesWasm === 'string' ? narthexWritesWasm : undefined
export const sampleRowsWasmText =
  typeof narthexSampleRowsWasm === 'string' ? narthexSampleRowsWasm : undefined
export const chunkScanWasmText =
  typeof narthexChunkScanWasm === 'string' ? narthexChunkScanWasm : undefined
