/** What the footprint is held to, a little above what was measured; see `main.ts`. Sizes in KiB. */
export const limits = {
  packed: 345,
  unpacked: 1180,
  files: 440,
  minified: 128,
  importedFiles: 15,
  importedBuiltins: 4,
  heapOfWs: 0.5,
  timeOfWs: 0.7,
  idle: {
    ws: { rssOfWs: 1, heap: 3 },
    wss: { rssOfWs: 1.15, heap: 5.5 },
  },
} as const;
