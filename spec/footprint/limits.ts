/** What the footprint is held to, a little above what was measured; see `main.ts`. Sizes in KiB. */
export const limits = {
  packed: 310,
  unpacked: 1040,
  files: 385,
  minified: 128,
  importedFiles: 36,
  importedBuiltins: 4,
  heapOfWs: 0.7,
  timeOfWs: 1.6,
  idle: {
    ws: { rssOfWs: 0.95, heap: 2.8 },
    wss: { rssOfWs: 1.2, heap: 5.5 },
  },
} as const;
