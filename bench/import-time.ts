/**
 * Milliseconds from asking for a client's package to having it, in a process that has loaded nothing else. The
 * client's name is the first argument; the entry point of a build of this package, for its own client, the second.
 */
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [name = '', library = fileURLToPath(new URL('../lib/index.js', import.meta.url))] = process.argv.slice(2);
const url = pathToFileURL(library).href;
const require = createRequire(new URL('../../bench/package.json', import.meta.url));
const before = process.cpuUsage();
const start = performance.now();
if (name === 'ohos-websocket') await import(url);
else require(name);
// Not in the call below: `process.stdout` is made when it is first looked at, which takes milliseconds.
const value = performance.now() - start;
const { user, system } = process.cpuUsage(before);
process.stdout.write(`${JSON.stringify({ value, cpu: user + system })}\n`);
