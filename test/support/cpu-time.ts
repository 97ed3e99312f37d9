/** Processor time that a call takes in this process, which others on the machine cost little. */
export function cpuMsOf(call: () => void): number {
  const before = process.cpuUsage()
  call()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}
