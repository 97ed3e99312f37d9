export declare const nodeFlags: readonly string[]
export declare function serverEnvironment(given: NodeJS.ProcessEnv): NodeJS.ProcessEnv
