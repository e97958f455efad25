import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import fs, { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { FileKindError, maxFileSize, readRegularFile } from '../../../lib/transport/tls/regular-file.js';
import { certificates } from '../../peer/certificates.js';
import { connects, failure, planOf, secureEcho, wss } from '../../peer/dialling.js';
import { evaluating } from '../../peer/evaluating.js';

const folder = mkdtempSync(join(tmpdir(), 'regular-file-'));
after(() => rmSync(folder, { recursive: true }));

function fifo(name: string): string {
  const path = join(folder, name);
  execFileSync('mkfifo', [path]);
  return path;
}

const noFifo = process.platform === 'win32' && 'Windows has no FIFO in its file system';

describe('a regular file', () => {
  it('is read whole, whatever its size, up to the limit', async () => {
    const path = join(folder, 'file');
    for (const size of [0, 1, 65535, 65536, 65537, maxFileSize]) {
      const bytes = Buffer.alloc(size, 'ab\xff', 'latin1');
      writeFileSync(path, bytes);
      assert.equal(await readRegularFile(path), bytes.toString('latin1'));
    }
    writeFileSync(path, Buffer.alloc(maxFileSize + 1));
    await assert.rejects(readRegularFile(path), { name: 'FileKindError', message: 'is larger than 4 MiB' });
  });

  it('that is missing, or is a directory, has the code of the system', async () => {
    await assert.rejects(readRegularFile(join(folder, 'gone')), { code: 'ENOENT' });
    await assert.rejects(readRegularFile(folder), { code: 'EISDIR' });
  });

  it('leaves no handle open, whatever became of it', { skip: process.platform !== 'linux' }, async () => {
    const path = join(folder, 'handles');
    writeFileSync(path, 'x');
    const open = (): number => fs.readdirSync('/proc/self/fd').length;
    await readRegularFile(path);
    const before = open();
    writeFileSync(path, Buffer.alloc(maxFileSize + 1));
    for (let time = 0; time < 20; time++) await readRegularFile(path).catch(() => {});
    await new Promise((resolve) => fs.stat(path, resolve)); // behind the last close
    assert.ok(open() <= before + 1, `${open()} handles, ${before} before`);
  });
});

describe('what is not a regular file', { skip: noFifo }, () => {
  it('is refused at once: a FIFO, a device without an end', async () => {
    for (const path of [fifo('a'), '/dev/zero', '/dev/tty']) {
      await assert.rejects(readRegularFile(path), (error: NodeJS.ErrnoException) =>
        path === '/dev/tty' ? true : error instanceof FileKindError && error.message === 'is not a regular file',
      );
    }
  });

  it('is refused even when it has taken the place of a regular file since', async (t) => {
    const path = fifo('swapped');
    const regular = join(folder, 'regular');
    writeFileSync(regular, 'x');
    const real = fs.statSync(regular);
    const stat = t.mock.method(
      fs,
      'stat',
      (_path: string, _how: object, done: (error: null, stats: fs.Stats) => void) => {
        done(null, real);
      },
    );
    await assert.rejects(readRegularFile(path), FileKindError);
    assert.equal(stat.mock.callCount(), 1);
  });

  it('fails a connect for every option with a sentence, and costs no thread of the pool', async (t) => {
    const certs = await certificates();
    const path = fifo('option');
    const { certPath, keyPath } = certs.client.ecPkcs8;
    const plans = [
      ['caPath', { caPath: path }],
      ['caPath', { caPath: '/dev/zero' }],
      ['clientCert.certPath', { clientCert: { certPath: path, keyPath } }],
      ['clientCert.keyPath', { clientCert: { certPath, keyPath: path } }],
    ] as const;
    for (let time = 0; time < 4; time++) {
      for (const [name, tls] of plans) {
        const failed = await failure(t, planOf(wss(1), { tls }));
        assert.match(failed.message, new RegExp(`^the option ${name.replace('.', '\\.')}: is not a regular file: /`));
        assert.deepEqual([failed.kind, failed.attempted], ['file-unusable', false]);
      }
    }
    await connects(t, planOf(wss(await secureEcho(t, certs.server.pem())), { tls: { caPath: certs.root } }));
  });

  it('is left out of a directory of CAs', async (t) => {
    const certs = await certificates();
    const directory = mkdtempSync(join(folder, 'cas-'));
    for (let count = 0; count < 8; count++) execFileSync('mkfifo', [join(directory, `fifo-${count}.pem`)]);
    const tls = { caPath: directory };
    const port = await secureEcho(t, certs.server.pem());
    assert.match((await failure(t, planOf(wss(port), { tls }))).message, /no file of the directory holds one/);
    writeFileSync(join(directory, 'root.pem'), fs.readFileSync(certs.root));
    await connects(t, planOf(wss(port), { tls }));
  });

  it('keeps no process from ending', async () => {
    const index = JSON.stringify(new URL('../../../lib/index.js', import.meta.url).href);
    const program = `const { webSocket } = await import(${index});
      await webSocket.createWebSocket().connect('wss://127.0.0.1:1/', { caPath: ${JSON.stringify(fifo('process'))} })
        .catch((error) => console.log(error.message));`;
    const run = promisify(execFile)(process.execPath, evaluating(program), { timeout: 60_000 });
    assert.match((await run).stdout, /The option caPath: is not a regular file/);
  });
});
