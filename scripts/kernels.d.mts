/** Source text of each kernel's constant, by the constant's name. */
export function kernelConstants(): Promise<Readonly<Record<string, string>>>
