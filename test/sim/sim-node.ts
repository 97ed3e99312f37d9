/** What a name of the simulated disk stands for. */
export type SimNode = SimFile | SimDirectory

/** A file: what the system has, and what the disk has for certain. */
export class SimFile {
  #buffer = new Uint8Array(0)
  /** A copy of the file looks at the same bytes: they are copied before they change. */
  #isShared = false
  #length = 0
  #isLost = false
  #version = 0
  #durableVersion = 0
  durable = new Uint8Array(0)
  mtimeMs = nextTime()

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  append(bytes: Uint8Array): void {
    this.#own()
    const needed = this.#length + bytes.length
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2))
      grown.set(this.bytes())
      this.#buffer = grown
    }
    this.#buffer.set(bytes, this.#length)
    this.#length = needed
    this.#version++
    this.mtimeMs = nextTime()
  }

  overwrite(bytes: Uint8Array, offsetBytes: number): void {
    this.#own()
    this.resize(Math.max(this.#length, offsetBytes + bytes.length))
    this.#buffer.set(bytes, offsetBytes)
    this.#version++
  }

  /** Cuts or extends with zeros. */
  resize(lengthBytes: number): void {
    this.#own()
    if (lengthBytes > this.#length) this.append(new Uint8Array(lengthBytes - this.#length))
    this.#length = lengthBytes
    this.#version++
    this.mtimeMs = nextTime()
  }

  #own(): void {
    if (this.#isShared) this.#buffer = this.#buffer.slice(0, this.#length)
    this.#isShared = false
  }

  /** The same file on another disk, as it is now. */
  copy(): SimFile {
    const copy = new SimFile()
    this.#isShared = true
    copy.#isShared = true
    copy.#buffer = this.#buffer
    copy.#length = this.#length
    copy.#isLost = this.#isLost
    copy.#version = this.#version
    copy.#durableVersion = this.#durableVersion
    copy.durable = this.durable
    copy.mtimeMs = this.mtimeMs
    return copy
  }

  /** From now on the disk keeps what it has. */
  lose(): void {
    this.#isLost = true
  }

  sync(): void {
    this.beginSync()()
  }

  /** Takes what is there now; the answer, called later, has it on disk, unless that is past. */
  beginSync(): () => void {
    const [bytes, version] = [this.bytes().slice(), this.#version]
    return () => {
      if (this.#isLost || version < this.#durableVersion) return
      this.durable = bytes
      this.#durableVersion = version
    }
  }

  /** What is there after a power cut. */
  replace(bytes: Uint8Array): void {
    this.#buffer = Uint8Array.from(bytes)
    this.#isShared = false
    this.#length = bytes.length
    this.#isLost = false
    this.mtimeMs = nextTime()
    this.sync()
  }
}

/** One change of a directory, that is on disk whole or not at all. */
interface NameChange {
  readonly removed: string | undefined
  readonly added: { readonly name: string; readonly node: SimNode } | undefined
}

let writes = 0

/** Every write has a time of its own, so that whoever compares times sees each. */
function nextTime(): number {
  return ++writes
}

export class SimDirectory {
  entries = new Map<string, SimNode>()
  durable = new Map<string, SimNode>()
  pending: NameChange[] = []

  set(name: string, node: SimNode): void {
    this.#change({ removed: undefined, added: { name, node } })
  }

  delete(name: string): void {
    this.#change({ removed: name, added: undefined })
  }

  move(from: string, to: string, node: SimNode): void {
    this.#change({ removed: from, added: { name: to, node } })
  }

  #change(change: NameChange): void {
    applyChange(this.entries, change)
    this.pending.push(change)
  }

  /** The same directory on another disk; `copies` has what has been copied already. */
  copy(copies = new Map<SimNode, SimNode>()): SimDirectory {
    const copy = new SimDirectory()
    const copied = (node: SimNode): SimNode => {
      const known = copies.get(node)
      if (known !== undefined) return known
      const made = node instanceof SimFile ? node.copy() : node.copy(copies)
      copies.set(node, made)
      return made
    }
    for (const [name, node] of this.entries) copy.entries.set(name, copied(node))
    for (const [name, node] of this.durable) copy.durable.set(name, copied(node))
    copy.pending = this.pending.map(({ removed, added }) => ({
      removed,
      added: added && { name: added.name, node: copied(added.node) },
    }))
    return copy
  }

  sync(): void {
    this.durable = new Map(this.entries)
    this.pending = []
  }
}

export function applyChange(entries: Map<string, SimNode>, { removed, added }: NameChange): void {
  if (removed !== undefined) entries.delete(removed)
  if (added !== undefined) entries.set(added.name, added.node)
}
