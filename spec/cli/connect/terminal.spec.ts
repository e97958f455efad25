import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { type EchoServer, startEchoServer } from '../../../lib/echo/echo-server.js';
import { certificates } from '../../peer/certificates.js';
import { frame, type ReceivedRequest } from '../../peer/link.js';
import { startPeer } from '../../peer/scripted.js';
import { command } from '../command.js';
import { startOpeningPeer } from '../peer.js';
import { commandLine, noTmux, Terminal } from '../tmux.js';

describe('connect in tmux', { skip: noTmux, timeout: 150_000 }, () => {
  let echo: EchoServer;
  let terminal: Terminal;
  before(async () => {
    echo = await startEchoServer();
  });
  after(() => echo.close());
  beforeEach(() => {
    terminal = new Terminal();
  });
  afterEach(() => terminal.close());

  async function converse(options = ''): Promise<void> {
    await terminal.shows(/\$$/);
    terminal.enter(`${commandLine} connect --no-proxy ${options} ${echo.url}; echo "status $?"`);
    await terminal.shows(/type a message/);
  }

  it('stops on Ctrl-Z, and goes on with fg where it was', async () => {
    await converse();
    terminal.enter('before');
    await terminal.shows(/^< before$/m);
    terminal.press('C-z');
    await terminal.shows(/Stopped/);
    terminal.enter('fg');
    await terminal.shows(/fg\n[^\n]*\n>$/);
    terminal.enter('again');
    await terminal.shows(/^< again$/m);
    terminal.press('C-d');
    await terminal.shows(/closed 1000/);
  });

  it('keeps what is being typed when the terminal is resized', async () => {
    await converse();
    const typed = 'a rather long line that is typed while the window changes its size, and is sent whole';
    terminal.press('-l', typed.slice(0, 60));
    terminal.resize(40, 20);
    terminal.press('-l', typed.slice(60));
    terminal.resize(120, 30);
    terminal.press('Enter');
    const screen = await terminal.shows(/< a rather/);
    assert.ok(screen.replace(/\s+/g, ' ').includes(`< ${typed}`), screen);
  });

  it('shows the start of a message of 5 MB, and takes one of 5 MB through a pipe', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ohos-websocket-large-'));
    try {
      const [input, output] = [join(folder, 'in'), join(folder, 'out')];
      writeFileSync(input, `${'x'.repeat(5e6)}\n`);
      await terminal.shows(/\$$/);
      terminal.enter(
        `${commandLine} connect --no-proxy --count 1 ${echo.url} < ${input} > ${output}; echo "status $?"`,
      );
      await terminal.shows(/^status 0$/m);
      assert.ok(readFileSync(output).equals(readFileSync(input)));
      terminal.enter(`clear; ${commandLine} connect --no-proxy --count 1 -x @${input} ${echo.url}; echo "status $?"`);
      assert.ok((await terminal.shows(/gets all\)[^]*^status 0$/m)).length < 12_000);
      assert.match(terminal.screen(), /x … \(5000001 characters; a pipe, a file or --json gets all\)/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('ends in peace when stdin is closed from the start', async () => {
    await terminal.shows(/\$$/);
    for (const [index, input] of ['<&-', '</dev/null'].entries()) {
      terminal.enter(`${commandLine} connect --no-proxy --wait 0 ${echo.url} ${input}; echo "status ${index} $?"`);
      await terminal.shows(new RegExp(`^status ${index} 0$`, 'm'));
    }
  });

  it('asks for the password of --auth, and shows nothing of it', async () => {
    let request: ReceivedRequest | undefined;
    const peer = await startOpeningPeer((socket, received) => {
      request = received;
      socket.end(frame(0x8, new Uint8Array([3, 232])));
    });
    try {
      await terminal.shows(/\$$/);
      terminal.enter(`echo line | ${commandLine} connect --no-proxy --auth ann ${peer.url} | cat; echo done`);
      await terminal.shows(/^password of ann:/m);
      terminal.press('-l', 'wrong');
      terminal.press('C-u');
      terminal.press('-l', 'pärx');
      terminal.press('BSpace');
      terminal.press('-l', 's:1');
      terminal.press('Enter');
      assert.doesNotMatch(await terminal.shows(/^done$/m), /wrong|pär/);
      assert.deepEqual(request?.values('authorization'), [`Basic ${Buffer.from('ann:pärs:1').toString('base64')}`]);
      terminal.enter(`${commandLine} connect --no-proxy --auth bob ${peer.url}; echo "status $?"`);
      await terminal.shows(/^password of bob:/m);
      terminal.press('C-c');
      await terminal.shows(/the password of bob was not given[^]*^status 2$/m);
    } finally {
      await peer.close();
    }
  });

  it('asks for the passphrase of an encrypted key', async (t) => {
    const { server, root, client } = await certificates();
    const { certPath, keyPath, keyPassword } = client.ecPkcs8Encrypted;
    const asked = { ...server.pem(), ca: readFileSync(root), requestCert: true, rejectUnauthorized: true };
    const peer = await startPeer(t, (link) => link.accept().then(() => link.serve()), asked);
    await terminal.shows(/\$$/);
    const options = `--no-proxy --ca ${root} --cert ${certPath} --key ${keyPath} -x hello --wait 0 ${peer.url}`;
    terminal.enter(`${commandLine} connect ${options}; echo "status $?"`);
    await terminal.shows(/^passphrase of \S+:/m);
    terminal.enter(keyPassword!);
    await terminal.shows(/^status 0$/m);
    assert.ok(!terminal.screen().includes(keyPassword!));
  });
});

describe('without a terminal', { timeout: 30_000 }, () => {
  it('the passphrase is the first line of a file, or it is missing', async (t) => {
    const { server, root, client, folder } = await certificates();
    const { certPath, keyPath, keyPassword } = client.rsaPkcs1Encrypted;
    const asked = { ...server.pem(), ca: readFileSync(root), requestCert: true, rejectUnauthorized: true };
    const peer = await startPeer(t, (link) => link.accept().then(() => link.serve()), asked);
    const file = join(folder, 'passphrase');
    writeFileSync(file, `${keyPassword}\nnot this\n`);
    const args = [
      'connect',
      '--no-proxy',
      '--ca',
      root,
      '--cert',
      certPath,
      '--key',
      keyPath,
      '-x',
      'hello',
      '--wait',
      '0',
      peer.url,
    ];
    const given = await command([...args, '--passphrase-file', file]);
    assert.deepEqual([given.status, given.stderr], [0, '']);
    const both = await command([...args, '--passphrase-file', file, '--passphrase', 'x']);
    assert.match(both.stderr, /expected --passphrase or --passphrase-file, got both/);
    const none = await command([...args, '--passphrase-file', join(folder, 'none')]);
    assert.match(none.stderr, /--passphrase-file cannot be read: ENOENT/);
  });
});
