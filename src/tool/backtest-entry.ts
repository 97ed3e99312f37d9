import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../base/assert.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import { BacktestHost, type BacktestStart, type ToBacktest } from './backtest-host.ts'

// The shell of the thread of a backtest, which ends with it.
const port = parentPort
assert(port !== null, 'a backtest of a server runs in a thread of its own')
const start: BacktestStart = workerData
const host = new BacktestHost(start, nodeFileSystem, (message) => port.postMessage(message))
port.on('message', (message: ToBacktest) => host.asks.answer(message))
host.run().finally(() => port.close())
