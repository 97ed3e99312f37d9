import { setTimeout as wait } from 'node:timers/promises'

// Asks a server whether it is well, over and over, from a process of its own; at the end of its
// standard input it prints how long the answers took, in milliseconds.
const url = `${process.argv[2] ?? ''}/-/healthy`
const everyMs = 20
const tookMs: number[] = []
let isOver = false
process.stdin.on('end', () => {
  isOver = true
})
process.stdin.resume()
while (!isOver) {
  const beganMs = performance.now()
  const response = await fetch(url)
  await response.arrayBuffer()
  tookMs.push(performance.now() - beganMs)
  await wait(everyMs)
}
tookMs.sort((a, b) => a - b)
const at = (share: number) => tookMs[Math.floor((tookMs.length - 1) * share)] ?? 0
console.log(JSON.stringify({ count: tookMs.length, p50: at(0.5), p99: at(0.99), max: at(1) }))
