import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ByteWriter } from '../../src/base/byte-writer.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { NativeHistogram } from '../../src/model/histogram.ts'
import { writeCheckpoint } from '../../src/tsdb/wal/checkpoint.ts'
import { HistogramEncoder, histogramRecordType } from '../../src/tsdb/wal/histogram-record.ts'
import { addTombstone, beginTombstoneRecord } from '../../src/tsdb/wal/tombstone-record.ts'
import { WalWriter } from '../../src/tsdb/wal/writer.ts'
import { instant } from '../support/api-client.ts'
import { freePort } from '../support/free-port.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { RealProcess } from '../support/real-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { contentOf, samplesRecord, seriesRecord } from '../tsdb/wal/log-content.ts'

const stepMs = 1_000
const t = Math.floor(Date.now() / 60_000) * 60_000 - 600_000

function openWriter(directory: string): WalWriter {
  return WalWriter.open({
    fileSystem: nodeFileSystem,
    directory,
    segmentBytesMax: 32_768 * 8,
    compression: 'snappy',
  })
}

function histogramRecord(ref: number, isFloat: boolean, isCustom: boolean): Uint8Array {
  const histogram = new NativeHistogram()
  histogram.isFloat = isFloat
  histogram.count = 6
  histogram.sum[0] = 20.5
  histogram.schema = isCustom ? -53 : 3
  histogram.positiveSpans.set([0, 3])
  histogram.positiveSpanCount = 1
  histogram.positiveBuckets.set([1, 2, 3])
  histogram.positiveBucketCount = 3
  histogram.customBounds = Float64Array.of(1, 5)
  histogram.customBoundCount = isCustom ? 2 : 0
  const writer = new ByteWriter()
  const encoder = new HistogramEncoder(writer)
  encoder.begin(histogramRecordType(histogram, false))
  encoder.add(ref, t + stepMs, 0, histogram)
  return writer.copy()
}

/** Series 1 to 4 as floats over `steps` seconds; 5 to 8 one histogram of each kind. */
function batches(first: number, steps: number): Uint8Array[][] {
  return Array.from({ length: steps }, (_, index) => {
    const step = first + index
    return [
      samplesRecord(
        ...[1, 2, 3, 4].map((ref): [number, number, number] => [
          ref,
          t + step * stepMs,
          Math.sqrt(ref * step),
        ]),
      ),
    ]
  })
}

async function startPrometheus(directory: string): Promise<RealProcess> {
  const config = join(directory, 'prometheus.yml')
  writeFileSync(config, '')
  const listen = `127.0.0.1:${await freePort()}`
  const prometheus = new RealProcess(
    peer('prometheus'),
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=${listen}`,
      '--enable-feature=native-histograms',
    ],
    `http://${listen}`,
  )
  onTestFinished(async () => {
    await prometheus.stop('SIGKILL')
  })
  await prometheus.ready('/-/ready')
  return prometheus
}

describe.skipIf(peersAreAbsent)('a log of ours under the real Prometheus', () => {
  it('with a checkpoint, every kind of record, and a damaged segment that was repaired, is read whole', async () => {
    const directory = temporaryDirectory()
    const wal = join(directory, 'data', 'wal')
    const series = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((ref) =>
      seriesRecord(ref, '__name__', ref > 4 ? 'kinds' : 'floats', 'ref', `${ref}`),
    )
    const first = openWriter(wal)
    first.log(series)
    for (const batch of batches(0, 100)) first.log(batch)
    await first.close()
    const second = openWriter(wal)
    const kinds = [0, 1, 2, 3].map((kind) => histogramRecord(5 + kind, kind % 2 === 1, kind > 1))
    second.log(kinds)
    const tombstone = new ByteWriter()
    beginTombstoneRecord(tombstone)
    addTombstone(tombstone, 4, t, t + 49 * stepMs)
    second.log([tombstone.copy()])
    for (const batch of batches(100, 100)) second.log(batch)
    await second.close()
    const third = openWriter(wal)
    for (const batch of batches(200, 100)) third.log(batch)
    await third.close()

    const { recordsWritten } = await writeCheckpoint({
      fileSystem: nodeFileSystem,
      directory: wal,
      from: 0,
      to: 0,
      keepSeries: (ref) => ref !== 9,
      minTimeMs: t + 10 * stepMs,
      compression: 'snappy',
    })
    expect(recordsWritten).toBe(8 + 90)
    const path = join(wal, '00000001')
    const bytes = readFileSync(path)
    bytes[bytes.length - 40] = (bytes[bytes.length - 40] ?? 0) ^ 0x20
    writeFileSync(path, bytes)
    const { result } = contentOf(nodeFileSystem, wal)
    expect(result.corruptions).toHaveLength(1)

    const prometheus = await startPrometheus(directory)
    const end = (t + 300 * stepMs) / 1000
    const at = async (query: string): Promise<string[]> =>
      (await instant(prometheus.url, query, end)).map(({ value }) => value[1]).sort()
    const lost = 300 - 10 - Number((await at('max(count_over_time(floats[1h]))'))[0])
    // The damaged record and nothing else; series 4 has no samples before its tombstone's end.
    expect(lost).toBe(1)
    expect(await at('sum(count_over_time(floats{ref="4"}[1h]))')).toEqual(['249'])
    expect(await at('count(count_over_time(kinds[1h]))')).toEqual(['4'])
    expect(await at('histogram_count(last_over_time(kinds[1h]))')).toEqual(['6', '6', '6', '6'])
    expect(await at('histogram_sum(last_over_time(kinds[1h]))')).toEqual([
      '20.5',
      '20.5',
      '20.5',
      '20.5',
    ])
    expect(prometheus.said).not.toMatch(/repair|corrupt/i)
    expect(prometheus.said).toContain('WAL checkpoint loaded')
  })
})
