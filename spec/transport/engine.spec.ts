import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';

/** Which of Node's modules a program of one line has loaded when it ends. */
function loadedBy(program: string): string[] {
  const index = new URL('../../lib/index.js', import.meta.url).href;
  const code = `const { webSocket } = await import('${index}'); ${program}; console.log(JSON.stringify(process.moduleLoadList));`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '--eval', code], { encoding: 'utf8' }));
}

describe('the engine', () => {
  it('is not loaded by a program that only imports the client', () => {
    const loaded = loadedBy('webSocket.createWebSocket()');
    for (const name of ['net', 'tls', 'dns', 'crypto', 'zlib', 'stream']) {
      assert.ok(!loaded.includes(`NativeModule ${name}`), `${name} is loaded`);
    }
  });

  it('is loaded by the first connect, TLS and compression excepted', () => {
    const loaded = loadedBy("await webSocket.createWebSocket().connect('ws://127.0.0.1:1/').catch(() => {})");
    assert.ok(loaded.includes('NativeModule net'));
    for (const name of ['tls', 'zlib']) assert.ok(!loaded.includes(`NativeModule ${name}`), `${name} is loaded`);
  });
});
