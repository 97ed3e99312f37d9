/**
 * A small block as the packages of Prometheus 3.14 write it, in base64: four series, segments of at
 * most 100 bytes (one of them begins within a series), an unused symbol, a symbol that is not UTF-8,
 * and four deleted intervals of which two touch.
 */
export const goldenBlock = {
  files: {
    'chunks/000001': [
      'hb1A3QEAAAAUAQADCcAEAAAAAAAABcB2ADAAUgBg3+J8cQ8BAALQD0B/QAAAAAAAAegMKA9izxABAAGAoKv+',
      '+WJCaLz+VoAAAPOG2Ho=',
    ].join(''),
    'chunks/000002': [
      'hb1A3QEAAAAQAQADAj/gAAAAAAAAAdYNsBjAptysEAEAAwhAAAAAAAAAAAHaDbAsPsnjkBABAAMOQAwAAAAA',
      'AAAB1h9uBr6tacY=',
    ].join(''),
    'chunks/000003': [
      'hb1A3QEAAAAXAQACFEAUAAAAAAAA9t+876dXzRzDp97zBWYP3BIBAAH+////////H0Mv////////XHGw7w==',
    ].join(''),
    index: [
      'uqrXAAIAAAAXAAAABwABYQFiAW4GdW51c2VkAXgC//695iLFAAAAAAAAAAAAAAAACwEBBQIJDAjhBwE0HIgr',
      'kA4CAQUDAgGAoKv++WIANwkrjr8AAAAAAAAAAAAAAAAAHwICBgMCBAICiICAgBABAiwBAiwB9t+876dXqP//',
      '/x/qp+C6AAAAAAAAAAAAAAAAEgEDAgH+////////HwClgICAIHyPWEEAAAAAFAAAAAQAAAADAAAABAAAAAYA',
      'AAAJodZhCwAAAAwAAAACAAAAAwAAAARJWEjXAAAACAAAAAEAAAAGkpg6zgAAABAAAAADAAAABAAAAAYAAAAJ',
      'JRyqUgAAAB8AAAAEAgAAqAECAWEBeMQBAgFiAv/+2AECAW4BYugB7YNoDwAAAAAAAAAFAAAAAAAAACQAAAAA',
      'AAAApwAAAAAAAAEAAAAAAAAAAKcAAAAAAAABAKLZDU8=',
    ].join(''),
    tombstones: ['ATC6MAEHxwFjBwoYByg8WVo5Ow=='].join(''),
  },
  symbols: ['', 'a', 'b', 'n', 'unused', 'x', Uint8Array.of(0xff, 0xfe)],
  segmentBytesMax: 100,
  series: [
    {
      labels: [1, 5],
      chunks: [
        { times: [-5, 7], hex: '000309c00400000000000005c076003000520060' },
        { times: [1000, 1001], hex: '0002d00f407f40000000000001e80c' },
      ],
    },
    {
      labels: [1, 5, 3, 2],
      chunks: [{ times: [1700000000000, 1700000000000], hex: '000180a0abfef9624268bcfe56800000' }],
    },
    {
      labels: [2, 6, 3, 2],
      chunks: [
        { times: [1, 3], hex: '0003023fe000000000000001d60db018' },
        { times: [4, 6], hex: '000308400000000000000001da0db02c' },
        { times: [7, 9], hex: '00030e400c00000000000001d61f6e06' },
        { times: [10, 3000000000000], hex: '0002144014000000000000f6dfbcefa757cd1cc3a7def3' },
      ],
    },
    {
      labels: [3, 2],
      chunks: [
        {
          times: [9007199254740991, 9007199254740991],
          hex: '0001feffffffffffff1f432fffffffffffff',
        },
      ],
    },
  ],
  /** Added to series 7 in this order. */
  deleted: [
    [5, 10],
    [20, 30],
    [11, 12],
    [-100, -50],
  ],
} as const

/** What Prometheus 3.14 makes of the given blocks when it writes all it reads from them: SHA-256. */
export const rewrittenSums = {
  whole: {
    'chunks/000001': '563ff0492f92e15df0afc7cb1b0630a71028db5f1a5a545a1ac1c3412588888a',
    index: 'b4309d73476ed95842db169bf9b2600770041d87d5f5226e27ccb70cfbf55910',
    tombstones: 'abef5b6f54ecd8bf74c648edd3fd3f3044587f7f4539ad7eb283571b209914fb',
  },
  /** With segments of 10,000 bytes. */
  cut: {
    'chunks/000001': '731b0d93c7bebcd507bcfcfb73062bfeda58a3e5956a12630c871a051750cd02',
    'chunks/000009': '424b54df00c3c977d3910430b445833fdf6b3d6d9bafb9da426e50aaab752e1b',
    'chunks/000010': 'b7c68692f4ded446f9fd4451656955fcdfe9a24c98f18a612835f741be3d6405',
    index: '9c6669b127b7b952b97ff9436f7888e933dfa033da4033ff867dbdb663a025b4',
  },
  /** The block with an index of version 1, written as version 2. */
  version1: {
    'chunks/000001': '67f3106023ac4a465e6f090bc7f12b10f8f88e597801dcbca658c5563bf5571c',
    index: '5c8137ba6f4cedb652db478f70ca9b7691d960d52c3e9a644a738f14166e5e56',
  },
} as const
