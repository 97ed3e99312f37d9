import type { HeapProfiler, Profiler, Runtime } from 'node:inspector'
import type { ProfileFrame, ProfileStack } from './profiler.ts'

/** V8's names of what is no function. */
const rootName = '(root)'
const idleName = '(idle)'

/** Time by stack, in (samples, nanoseconds), of a CPU profile of V8. */
export function cpuStacks(thread: string, profile: Profiler.Profile): readonly ProfileStack[] {
  const { nodes, samples = [], timeDeltas = [] } = profile
  const parents = new Map<number, Profiler.ProfileNode>()
  const byId = new Map(nodes.map((node) => [node.id, node]))
  for (const node of nodes) for (const child of node.children ?? []) parents.set(child, node)
  const spent = new Map<number, { samples: number; nanoseconds: number }>()
  samples.forEach((id, index) => {
    const sum = spent.get(id) ?? { samples: 0, nanoseconds: 0 }
    sum.samples++
    // V8's clock may step back between two samples.
    sum.nanoseconds += Math.max(0, timeDeltas[index] ?? 0) * 1_000
    spent.set(id, sum)
  })
  const stacks: ProfileStack[] = []
  for (const [id, { samples: count, nanoseconds }] of spent) {
    const frames: ProfileFrame[] = []
    for (let node = byId.get(id); node !== undefined; node = parents.get(node.id)) {
      if (node.callFrame.functionName !== rootName) frames.push(frameOf(node.callFrame))
    }
    const [inner] = frames
    // The start of the profile itself is none of the thread's work.
    const isOurs = inner?.file === 'node:inspector'
    if (inner !== undefined && inner.functionName !== idleName && !isOurs)
      stacks.push({ thread, frames, values: [count, nanoseconds] })
  }
  return stacks
}

/** Bytes by stack, of a sampled heap profile of V8. */
export function heapStacks(
  thread: string,
  profile: HeapProfiler.SamplingHeapProfile,
): readonly ProfileStack[] {
  const stacks: ProfileStack[] = []
  // Its own list instead of recursion: a stack may be as deep as V8's.
  const left: { node: HeapProfiler.SamplingHeapProfileNode; above: readonly ProfileFrame[] }[] = [
    { node: profile.head, above: [] },
  ]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { node, above } = next
    const isRoot = node.callFrame.functionName === rootName
    const frames = isRoot ? above : [frameOf(node.callFrame), ...above]
    if (node.selfSize > 0) {
      const known = frames.length > 0 ? frames : [nameless('(native code)')]
      stacks.push({ thread, frames: known, values: [node.selfSize] })
    }
    for (const child of node.children) left.push({ node: child, above: frames })
  }
  return stacks
}

/** A frame of what is no function. */
export function nameless(functionName: string): ProfileFrame {
  return { functionName, file: '', line: 0 }
}

function frameOf({ functionName, url, lineNumber }: Runtime.CallFrame): ProfileFrame {
  const name = functionName === '' ? '(anonymous)' : functionName
  return { functionName: name, file: url, line: lineNumber + 1 }
}
