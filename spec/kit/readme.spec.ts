/** What `lib/kit/README.md` says, tried: its programs, and its table of what is there. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { isPlatformName, resolveKit } from '../../lib/kit/specifiers.js';
import { consumer, root } from '../packed/package.js';
import { runNode } from '../packed/run-node.js';

const file = join(root, 'lib/kit/README.md');

describe('lib/kit/README.md', { skip: existsSync(file) ? false : 'is not in the package' }, () => {
  const readme = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const blocks = [...readme.matchAll(/^```js.*\n([^]*?)^```$/gm)].map(([, source]) => source!);

  it('names the modules that are there', () => {
    const section = readme.slice(readme.indexOf('## What is there'), readme.indexOf('## Bring your own'));
    const named = [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name!);
    assert.equal(named.length, 9);
    for (const name of named) assert.ok(isPlatformName(name) && resolveKit(name), name);
  });

  it('has a program that brings its own modules', async () => {
    const folder = await consumer({
      'kits.mjs': blocks.find((source) => source.includes('registerKits('))!,
      'stubs/ark-ui.mjs': `export const promptAction = 'a prompt';`,
      'stubs/network.mjs': `export * from 'ohos-websocket/kit/network-kit'; export const http = 'my http';`,
      'app.mjs': `import { promptAction } from '@kit.ArkUI'; import { http, webSocket } from '@kit.NetworkKit';
        console.log(promptAction, http, typeof webSocket.createWebSocket);`,
    });
    const { stdout, stderr } = await runNode(folder, ['--import', './kits.mjs', 'app.mjs']);
    assert.deepEqual([stdout, stderr], ['a prompt my http function\n', '']);
  });

  it('has a test of a module against the echo server', async () => {
    const probe = net.createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as net.AddressInfo;
    probe.close();
    await once(probe, 'close');
    const source = blocks.find((one) => one.includes('echo-server'))!;
    const folder = await consumer({
      'chat-client.test.mjs': source.replaceAll('8080', String(port)),
      'build/chat-client.mjs': `import { webSocket } from 'ohos-websocket/kit/network-kit';
        export class ChatClient {
          constructor(url, heard) {
            this.ws = webSocket.createWebSocket();
            this.ws.on('message', (err, message) => { heard(message); this.ws.close(); });
            this.ws.connect(url, { proxy: 'no-proxy' });
          }
          say(text) { this.ws.send(text); }
        }`,
    });
    mkdirSync(join(folder, 'node_modules/.bin'));
    const command = join(folder, 'node_modules/.bin/ohos-websocket');
    symlinkSync('../ohos-websocket/dist/lib/cli/main.js', command);
    chmodSync(command, 0o755); // as npm does
    const { status, stdout } = await runNode(folder, ['--test', 'chat-client.test.mjs']);
    assert.equal(status, 0, stdout);
    assert.match(stdout, /the client gets its own message back/);
  });
});
