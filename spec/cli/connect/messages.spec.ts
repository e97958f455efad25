/** What goes in and what comes out, byte by byte, through a process and its pipes. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { type EchoServer, startEchoServer } from '../../../lib/echo/echo-server.js';
import { command, mainPath } from '../command.js';

let echo: EchoServer;
before(async () => {
  echo = await startEchoServer();
});
after(() => echo.close());

/** Runs it to its end. @returns the bytes of stdout */
async function bytesOf(args: readonly string[], input: string | Uint8Array = ''): Promise<Buffer> {
  const child = spawn(process.execPath, [mainPath, 'connect', '--no-proxy', echo.url, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(input);
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const textOf = async (args: readonly string[], input: string | Uint8Array = ''): Promise<string> =>
  (await bytesOf(args, input)).toString('latin1');

describe('binary messages', { timeout: 60_000 }, () => {
  it('are stdin as it is, and come out as they are', async () => {
    const bytes = randomBytes(300_000);
    assert.ok((await bytesOf(['--binary', '--output', 'raw', '--count', '1'], bytes)).equals(bytes));
  });

  it('are each line, or each as long as it says', async () => {
    const lines = Buffer.from('a\xff\r\n\nb', 'latin1');
    assert.equal(await textOf(['--binary=lines', '--count', '3'], lines), 'hex:61ff0d\nhex:\nhex:62\n');
    const prefixed = Buffer.from('\0\0\0\x02hi\0\0\0\0', 'latin1');
    const args = ['--binary=length-prefixed', '--output', 'length-prefixed', '--count', '2'];
    assert.ok((await bytesOf(args, prefixed)).equals(prefixed));
  });

  it('come out in hexadecimal, in base64 or in JSON', async () => {
    const args = ['-x', 'hex:00 ff', '-x', 'base64:AP8=', '-x', 'text:hex:', '--count', '3'];
    assert.equal(await textOf(args), 'hex:00ff\nhex:00ff\nhex:\n');
    assert.equal(await textOf([...args, '--output', 'hex']), '00ff\n00ff\n6865783a\n');
    assert.equal(await textOf([...args, '--output', 'base64']), 'AP8=\nAP8=\naGV4Og==\n');
    assert.match(await textOf([...args, '--json', '--output', 'base64']), /"type":"binary","size":2,"base64":"AP8="/);
  });
});

describe('text messages', { timeout: 60_000 }, () => {
  it('may have line ends in them when NUL parts them, as STOMP frames do', async () => {
    assert.equal(await textOf(['-0', '--count', '2'], 'a\nb\0c\0'), 'a\nb\0c\0');
    const stomp = 'CONNECT\naccept-version:1.2\n\n\0SEND\n\nhi\0';
    assert.equal(await textOf(['--null=keep', '--count', '2'], stomp), stomp);
    assert.equal(await textOf(['-0', '--output', 'hex', '--count', '1'], 'a\n\0'), '610a\0');
  });

  it('may spell what a line cannot hold', async () => {
    assert.equal(
      await textOf(['--escape', '--count', '1'], 'a\\nb\\0\\u00e9\n'),
      Buffer.from('a\nb\0é\n').toString('latin1'),
    );
    assert.equal(await textOf(['--escape', '-x', '\\t', '--count', '1']), '\t\n');
  });

  it('leave a byte order mark to the file', async () => {
    assert.equal(await textOf(['--count', '1'], '\ufeffa\n'), 'a\n');
    const { status, stderr } = await command(['connect', '--no-proxy', echo.url], Buffer.from('\ufeffa\n', 'utf16le'));
    assert.match(stderr, /stdin is UTF-16, and text messages are UTF-8: convert it/);
    assert.equal(status, 2);
  });

  it('can be sent again and again', async () => {
    assert.equal(await textOf(['-x', 'a', '--heartbeat', 'beat:0.02', '--count', '3']), 'a\nbeat\nbeat\n');
  });
});

describe('options that do not go together', { timeout: 60_000 }, () => {
  const wrong: [string[], RegExp][] = [
    [['--binary', '--escape'], /bytes have no escapes/],
    [['--binary', '-0'], /they part stdin in two ways/],
    [['--binary=words'], /--binary must be lines or length-prefixed, got "words"/],
    [['--null=drop'], /--null must be keep, got "drop"/],
    [['--json', '--output', 'raw'], /--json has text only/],
    [['--output', 'hexx'], /--output must be .*; did you mean hex\?/],
    [['--max-size', 'big'], /--max-size must be a number of bytes/],
    [['-x', '@/nowhere'], /--execute cannot be read/],
  ];
  for (const [args, expected] of wrong) {
    it(args.join(' '), async () => {
      const { status, stdout, stderr } = await command(['connect', ...args, echo.url]);
      assert.equal(stdout, '');
      assert.match(stderr, expected);
      assert.equal(status, 2);
    });
  }

  it('--max-size ends a connection that sends more', async () => {
    const { status, stderr } = await command([
      'connect',
      '--no-proxy',
      '--max-size',
      '1K',
      '-x',
      'x'.repeat(1025),
      echo.url,
    ]);
    assert.match(stderr, /closed 1009 \(the server sent a message that is larger than --max-size allows\)/);
    assert.equal(status, 3);
  });

  it('--output raw does not write to a terminal', { skip: noScript() }, () => {
    const line = `'${process.execPath}' '${mainPath}' connect --output raw ${echo.url}; echo "status $?"`;
    const shown = execFileSync('script', ['-qec', line, '/dev/null'], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], SHELL: '/bin/sh' },
    });
    assert.match(shown, /bytes that could drive this terminal[^]*status 2/);
  });
});

function noScript(): false | string {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux')
      ? false
      : 'another script';
  } catch {
    return 'script (util-linux) is not installed: apt-get install bsdutils';
  }
}
