/** What the footprint is held to; see `main.ts`. Sizes in KiB. */
export const limits = {
  packed: 160,
  unpacked: 640,
  files: 180,
  minified: 100,
  importedFiles: 24,
  importedBuiltins: 24,
  heapOfWs: 0.5,
  timeOfWs: 1,
  idle: {
    ws: { rssOfWs: 0.6, heap: 6 },
    wss: { rssOfWs: 1, heap: 40 },
  },
} as const;
