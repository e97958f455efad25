import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createServer, type Server } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { makeCertificate } from '../../bench/certificate.js';
import { loadClient } from '../../bench/clients/names.js';
import { upgrade } from '../../bench/server/upgrade.js';

const peers = existsSync(fileURLToPath(new URL('../../../bench/node_modules/ws', import.meta.url)));

describe('clients that are measured with resumed TLS sessions', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ohos-websocket-clients-'));
  const tls = makeCertificate(folder);
  const resumed: boolean[] = [];
  let server: Server;

  before(async () => {
    if (tls === undefined) return;
    server = createServer({ cert: readFileSync(tls.certificate), key: readFileSync(tls.key) }, (socket) => {
      resumed.push(socket.isSessionReused());
      socket.on('error', () => socket.destroy());
      socket.once('data', (head) => {
        socket.write(upgrade(head.toString('latin1')).response);
        socket.on('data', () => socket.end(Buffer.of(0x88, 2, 3, 232)));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  after(() => {
    server?.close();
    rmSync(folder, { recursive: true });
  });

  for (const name of ['ohos-websocket', 'ws', 'raw'] as const) {
    const skip = tls === undefined ? 'no openssl' : name === 'ws' && !peers ? 'npm ci --prefix bench' : false;
    it(`${name} resumes the session of its first connection`, { skip }, async () => {
      const client = await loadClient(name);
      const { port } = server.address() as AddressInfo;
      const target = { url: `wss://127.0.0.1:${port}/`, caPath: tls!.certificate, resume: true };
      resumed.length = 0;
      for (let i = 0; i < 3; i++) await (await client.connect(target, () => undefined)).close();
      assert.deepEqual(resumed, [false, true, true]);
    });
  }
});
