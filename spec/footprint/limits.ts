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
    ws: { rssOfWs: 1.1, heap: 3 },
    wss: { rssOfWs: 1.3, heap: 6 },
  },
} as const;
