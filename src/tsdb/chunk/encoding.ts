/** Numbers of the chunk encodings in Prometheus' files (rows T6.1 to T6.4). */
export const encoding = {
  none: 0,
  xor: 1,
  histogram: 2,
  floatHistogram: 3,
  xor2: 4,
  histogramStart: 5,
  floatHistogramStart: 6,
} as const
