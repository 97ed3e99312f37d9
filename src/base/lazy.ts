/** Something that few ever ask for: made by whoever does so first. */
export class Lazy<T extends object> {
  readonly #make: () => T
  #made: T | undefined

  constructor(make: () => T) {
    this.#make = make
  }

  get value(): T {
    this.#made ??= this.#make()
    return this.#made
  }
}
