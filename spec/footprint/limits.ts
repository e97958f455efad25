/** What the footprint is held to, a little above what was measured; see `main.ts`. Sizes in KiB. */
export const limits = {
  packed: 215,
  unpacked: 760,
  files: 235,
  minified: 90,
  importedFiles: 10,
  importedBuiltins: 4,
  heapOfWs: 0.7,
  timeOfWs: 0.55,
  idle: {
    ws: { rssOfWs: 1.1, heap: 3.5 },
    wss: { rssOfWs: 1.1, heap: 6.5 },
  },
} as const;
