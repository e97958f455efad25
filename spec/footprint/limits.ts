/** What the footprint is held to, a little above what was measured; see `main.ts`. Sizes in KiB. */
export const limits = {
  packed: 310,
  unpacked: 1040,
  files: 385,
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
