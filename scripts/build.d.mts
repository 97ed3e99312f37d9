/** Files in dist/ with the code of threads. */
export declare const workerFiles: readonly string[]
