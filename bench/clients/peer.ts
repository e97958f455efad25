import { createRequire } from 'node:module';

/** Loads a peer from the benchmarks' own package: the product's package must not know it. */
export const requirePeer = createRequire(new URL('../../../bench/package.json', import.meta.url));
