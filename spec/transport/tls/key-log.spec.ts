import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { dial } from '../../../lib/transport/dial/dial.js';
import { certificates } from '../../peer/certificates.js';
import { planOf, secureEcho, wss } from '../../peer/dialling.js';

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ohos-websocket-'));
});
after(() => rmSync(folder, { recursive: true }));

/** A TLS connection, up to the end of its handshake. */
async function connect(t: TestContext, keyLogFile: string | undefined): Promise<void> {
  const { server, root } = await certificates();
  const port = await secureEcho(t, server.pem());
  const plan = planOf(wss(port), { tls: { caPath: root, keyLogFile } });
  await new Promise<void>((resolve, reject) => {
    const onread = { buffer: Buffer.alloc(1024), callback: () => true };
    const connected = (socket: import('node:net').Socket): void => {
      socket.on('error', () => {}).destroy();
      resolve();
    };
    dial(plan, { onread, connected, failed: () => reject(new Error('no connection')) });
  });
}

const secret = /^CLIENT_TRAFFIC_SECRET_0 [0-9a-f]{64} [0-9a-f]{64,}$/gm;
const secretsIn = (file: string): number => readFileSync(file, 'utf8').match(secret)?.length ?? 0;

describe('the secrets of TLS', { skip: process.platform === 'win32' }, () => {
  it('are appended to a file for its owner alone', async (t) => {
    const file = path.join(folder, 'keys.log');
    writeFileSync(file, '# mine\n', { mode: 0o644 });
    await connect(t, file);
    await connect(t, file);
    assert.equal(secretsIn(file), 2);
    assert.match(readFileSync(file, 'utf8'), /^# mine\n/);
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it('go where SSLKEYLOGFILE says, and nowhere without it', async (t) => {
    const file = path.join(folder, 'environment.log');
    const { SSLKEYLOGFILE } = process.env;
    t.after(() => {
      if (SSLKEYLOGFILE === undefined) delete process.env['SSLKEYLOGFILE'];
      else process.env['SSLKEYLOGFILE'] = SSLKEYLOGFILE;
    });
    process.env['SSLKEYLOGFILE'] = file;
    await connect(t, undefined);
    assert.equal(secretsIn(file), 1);
    delete process.env['SSLKEYLOGFILE'];
    await connect(t, undefined);
    assert.equal(secretsIn(file), 1);
  });

  it('are not written through a symbolic link; a warning says why, and the connection goes on', async (t) => {
    const link = path.join(folder, 'link.log');
    writeFileSync(path.join(folder, 'target.log'), '');
    symlinkSync(path.join(folder, 'target.log'), link);
    const warnings: string[] = [];
    t.mock.method(process, 'emitWarning', (warning: string) => void warnings.push(warning));
    await connect(t, link);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /^TLS secrets cannot be written to ".*link\.log": ELOOP/);
    assert.equal(readFileSync(path.join(folder, 'target.log'), 'utf8'), '');
  });
});
