/**
 * What the footprint is held to, a little above what was measured; see `main.ts`. Sizes in KiB.
 *
 * The package holds the pages that its users need, the command with its relay and load generator, the reference and the class of
 * browsers; what a program loads of it is bounded by the rows of import. One minified file (199 KiB; 126 before SOCKS, redirects and
 * the other ways, the coder of small messages, pieces, controls and reconnecting) holds them all, each evaluated on use.
 *
 * The RSS of an idle connection is for the most part Node's socket and the young generation that grew while connections opened:
 * 0.97 to 1.03 of that of ws from run to run, on Node 20 with 2000 of them.
 */
export const limits = {
  packed: 580,
  unpacked: 2000,
  files: 650,
  minified: 200,
  importedFiles: 15,
  importedBuiltins: 4,
  heapOfWs: 0.5,
  timeOfWs: 0.7,
  idle: {
    ws: { rssOfWs: 1.1, heap: 3 },
    wss: { rssOfWs: 1.15, heap: 5.5 },
  },
} as const;
