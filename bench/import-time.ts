/**
 * Milliseconds from asking for a client's package to having it, in a process that has loaded nothing else. The
 * client's name is the argument.
 */
import { createRequire } from 'node:module';

const name = process.argv[2] ?? '';
const require = createRequire(new URL('../../bench/package.json', import.meta.url));
const start = performance.now();
if (name === 'ohos-websocket') await import('../lib/index.js');
else require(name);
// Not in the call below: `process.stdout` is made when it is first looked at, which takes milliseconds.
const value = performance.now() - start;
process.stdout.write(`${JSON.stringify({ value })}\n`);
