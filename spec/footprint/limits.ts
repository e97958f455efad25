/** What the footprint is held to, a little above what was measured; see `main.ts`. Sizes in KiB. */
export const limits = {
  packed: 215,
  unpacked: 760,
  files: 235,
  minified: 93,
  importedFiles: 10,
  importedBuiltins: 4,
  heapOfWs: 0.5,
  timeOfWs: 0.65,
  idle: {
    ws: { rssOfWs: 0.85, heap: 2.5 },
    wss: { rssOfWs: 1.1, heap: 5 },
  },
} as const;
