/** Says what importing a module loads, and what stays of it in the heap. The module's specifier is the argument. */
import { Session } from 'node:inspector';
import { setTimeout as sleep } from 'node:timers/promises';

const specifier = process.argv[2] ?? '';

async function heap(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await sleep(20);
  }
  return process.memoryUsage().heapUsed;
}

if (process.argv[3] === 'heap') {
  const before = await heap();
  await import(specifier);
  console.log(JSON.stringify({ heap: (await heap()) - before }));
} else {
  // The debugger of Node itself sees every script, however it is loaded.
  const session = new Session();
  const files = new Set<string>();
  session.connect();
  session.on('Debugger.scriptParsed', ({ params: { url } }) => {
    if (/^(file:|\/)/.test(url)) files.add(url);
  });
  session.post('Debugger.enable');
  files.clear();
  const before = new Set((process as unknown as { moduleLoadList: string[] }).moduleLoadList);
  await import(specifier);
  const { moduleLoadList } = process as unknown as { moduleLoadList: string[] };
  const builtins = moduleLoadList.filter((name) => !before.has(name)).map((name) => name.replace(/^\w+ /, ''));
  session.disconnect();
  console.log(JSON.stringify({ files: [...files], builtins }));
}
