import { collectYoungAlone } from '../../src/base/collect-young-alone.ts'
import { keepObjectsYoung } from '../../src/base/keep-objects-young.ts'

// A process that makes young objects, of which many survive the next collection.
keepObjectsYoung()
if (process.argv[2] === 'alone') collectYoungAlone()
let kept: object[] = []
for (let round = 0; round < 200; round++) {
  kept = []
  for (let number = 0; number < 30_000; number++) kept.push({ number, values: [number] })
}
process.stdout.write(`kept ${kept.length}\n`)
