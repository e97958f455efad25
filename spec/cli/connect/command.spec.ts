import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type EchoServer, startEchoServer } from '../../../lib/echo/echo-server.js';
import { frame } from '../../peer/frames.js';
import type { ReceivedRequest } from '../../peer/link.js';
import { command, mainPath, Running, start } from '../command.js';
import { type OpeningPeer, startOpeningPeer } from '../peer.js';

const text = 0x1;
const binary = 0x2;
const close = 0x8;

let echo: EchoServer;
before(async () => {
  echo = await startEchoServer();
});
after(() => echo.close());

/** Runs `connect` against a server that does this with each connection. */
async function against(
  opened: (socket: Socket, request: ReceivedRequest) => void,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const peer: OpeningPeer = await startOpeningPeer(opened);
  try {
    await use(peer.url);
  } finally {
    await peer.close();
  }
}

describe('connect through pipes', { timeout: 60_000 }, () => {
  it('sends each line of stdin as a text message, and prints only what it received, a line each', async () => {
    const input = 'one\n\ngrüße 🌍\r\nlast, without an end';
    const { status, stdout, stderr } = await command(['connect', echo.url, '--count', '4'], input);
    assert.equal(stdout, 'one\n\ngrüße 🌍\nlast, without an end\n');
    assert.equal(stderr, '');
    assert.equal(status, 0);
  });

  it('keeps the order of many lines, and loses none', async () => {
    const input = Array.from({ length: 30_000 }, (_, index) => `${index} ${'x'.repeat(index % 100)}\n`).join('');
    const { status, stdout } = await command(['connect', echo.url, '--count', '30000'], input);
    assert.ok(stdout === input);
    assert.equal(status, 0);
  });

  it('sends what -x says instead of stdin', async () => {
    const args = ['connect', '-x', 'one', '-x', 'two\nlines', echo.url, '--count', '2'];
    const { status, stdout } = await command(args, 'not this\n');
    assert.equal(stdout, 'one\ntwo\nlines\n');
    assert.equal(status, 0);
  });

  it('prints binary messages as hex and text as it came, so that a program gets what was sent', async () => {
    const messages = [frame(binary, new Uint8Array([0, 255])), frame(text, 'a\x1b[31m\u202e')];
    await against(
      (socket) => socket.write(Buffer.concat(messages)),
      async (url) => {
        const { stdout } = await command(['connect', url, '--count', '2']);
        assert.equal(stdout, 'hex:00ff\na\x1b[31m\u202e\n');
      },
    );
  });

  it('prints nothing after --count messages', async () => {
    await against(
      (socket) => socket.write(Buffer.concat([frame(text, 'a'), frame(text, 'b'), frame(text, 'c')])),
      async (url) => {
        const { status, stdout } = await command(['connect', url, '--count', '2']);
        assert.equal(stdout, 'a\nb\n');
        assert.equal(status, 0);
      },
    );
  });

  it('prints one JSON object a line with --json', async () => {
    const args = ['connect', echo.url, '--protocol', 'chat', '--json', '-x', 'a\n"b"', '--count', '1'];
    const { status, stdout } = await command(args);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      lines.map(({ type }) => type),
      ['open', 'text', 'close'],
    );
    assert.equal(lines[0]!['subprotocol'], 'chat');
    assert.equal(lines[1]!['data'], 'a\n"b"');
    assert.equal(lines[2]!['code'], 1000);
    assert.equal(status, 0);
  });

  it('sends the fields of -H and --origin', async () => {
    let received: ReceivedRequest | undefined;
    await against(
      (socket, request) => {
        received = request;
        socket.end(frame(close, new Uint8Array([3, 232])));
      },
      async (url) => {
        const given = ['-H', 'X-One: 1', '-H', 'Cookie: a=b', '--origin', 'https://x.test'];
        const { status } = await command(['connect', url, ...given]);
        assert.equal(status, 0);
        for (const [name, value] of [
          ['x-one', '1'],
          ['cookie', 'a=b'],
          ['origin', 'https://x.test'],
        ]) {
          assert.deepEqual(received!.values(name!), [value]);
        }
      },
    );
  });

  it('prints no secret of its URL, its fields or the handshake, whoever repeats it, unless asked to', async () => {
    const protocol = 'base64url.bearer.authorization.k8s.io.hidden-t0ken';
    const reply = (socket: Socket): unknown =>
      socket.end(frame(close, Buffer.from('\x0f\xa0no hidden-query, hidden-key', 'latin1')));
    await against(reply, async (url) => {
      const args = ['connect', '--no-proxy', `${url}?access_token=hidden-query`, '-H', 'X-Api-Key: hidden-key'];
      for (const more of [[], ['--json']]) {
        const { status, stdout, stderr } = await command([...args, ...more]);
        assert.doesNotMatch(stdout + stderr, /hidden/, more.join(' '));
        assert.match(stderr, /closed 4000 "no \*+, \*+"/);
        assert.equal(status, 3);
      }
      assert.match((await command([...args, '--secrets'])).stderr, /closed 4000 "no hidden-query, hidden-key"/);
    });
    const server = await startEchoServer();
    const { stdout } = await command([
      'connect',
      server.url,
      '--json',
      '--protocol',
      protocol,
      '-x',
      'a',
      '--count',
      '1',
    ]);
    await server.close();
    assert.match(stdout, /"subprotocol":"base64url\.bearer\.authorization\.k8s\.io\.\*+"/);
    assert.doesNotMatch(stdout, /hidden/);
  });

  it('speaks of its own options when it fails', async () => {
    const failures: [args: string[], opened: (socket: Socket) => void, expected: RegExp][] = [
      [['--ca', '/nowhere.pem'], () => {}, /option --ca/],
      [['--ping', '0.05'], (socket) => socket.pause(), /no pong within 0\.05 s \(--ping\)/],
      [[], (socket) => socket.write(Buffer.from('827f0000000100000000', 'hex')), /larger than --max-size allows/],
    ];
    for (const [args, opened, expected] of failures) {
      await against(opened, async (url) => {
        const secure = args[0] === '--ca' ? url.replace('ws:', 'wss:') : url;
        const { stderr } = await command(['connect', '--no-proxy', secure, '--wait', 'forever', '-x', 'a', ...args]);
        assert.match(stderr, expected);
        assert.doesNotMatch(stderr, /[a-z][A-Z]/); // the options of the API are in camel case
      });
    }
  });

  it('shows frames with --trace on stderr, and leaves credentials out', async () => {
    const args = ['connect', echo.url, '--trace', '-H', 'Authorization: Bearer SECRET', '-x', 'hi', '--count', '1'];
    const { stdout, stderr } = await command(args);
    assert.equal(stdout, 'hi\n');
    assert.match(stderr, /> TEXT "hi" \[2 bytes\]/);
    assert.match(stderr, /< CLOSE 1000/);
    assert.doesNotMatch(stderr, /SECRET|\x1b/);
  });

  it('records a transcript that replays, a HAR file, or lines', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ohos-websocket-connect-'));
    try {
      const [jsonl, har] = [join(folder, 'a.jsonl'), join(folder, 'a.har')];
      await command(['connect', echo.url, '-x', 'hi', '--count', '1', '--transcript', jsonl]);
      const replayed = await command(['replay', '--quiet', jsonl]);
      assert.equal(replayed.status, 0, replayed.stderr);
      await command(['connect', echo.url, '-x', 'hi', '--count', '1', '--transcript', har]);
      assert.match(readFileSync(har, 'utf8'), /"_webSocketMessages"/);
      const lines = join(folder, 'a.txt');
      await command(['connect', echo.url, '-x', 'hi', '--count', '1', '--clock', '--transcript', lines]);
      assert.match(readFileSync(lines, 'utf8'), /\n#1 \d{4}-\d\d-\d\dT[\d:.]+Z > TEXT "hi" \[2 bytes\]\n/);
      const wrong = await command(['connect', echo.url, '-x', 'hi', '--transcript', join(folder, 'a.xml')]);
      assert.equal(wrong.status, 2);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('connect ends with status', { timeout: 60_000 }, () => {
  it('1 when there is no connection, and says why without a control character of the server', async () => {
    const peer = await startOpeningPeer(() => {});
    const refused = await command(['connect', `${peer.url}forbidden`]);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /403/);
    assert.doesNotMatch(refused.stderr, /\x1b/);
    await peer.close();
    const gone = await command(['connect', peer.url]);
    assert.equal(gone.status, 1);
    assert.match(gone.stderr, /connection refused/);
  });

  it('2 for wrong usage, with what was expected', async () => {
    const wrong: [string[], RegExp][] = [
      [[], /expected a URL/],
      [['http://me:SECRET@127.0.0.1/'], /Expected "ws:/],
      [[echo.url, '--cuont', '1'], /unknown option --cuont; did you mean --count\?/],
      [[echo.url, '--count', '0'], /--count must be an integer/],
      [[echo.url, '--wait', 'long'], /--wait must be a number/],
      [[echo.url, '-H', 'SECRET'], /NAME: VALUE/],
    ];
    for (const [args, expected] of wrong) {
      const { status, stdout, stderr } = await command(['connect', ...args]);
      assert.equal(status, 2, args.join(' '));
      assert.equal(stdout, '');
      assert.match(stderr, expected);
      assert.doesNotMatch(stderr, /SECRET/);
    }
  });

  it('2 for an option of another tool, with its name here', async () => {
    for (const [typed, name] of [
      ['-k', 'insecure'],
      ['-L', 'location'],
      ['--subprotocol', 'protocol'],
      ['-w', 'wait'],
      ['-1', 'count'],
      ['--no-check', 'insecure'],
      ['--cacert', 'ca'],
      ['--verbose', 'trace'],
    ] as const)
      assert.match(
        (await command(['connect', echo.url, typed])).stderr,
        new RegExp(`unknown option ${typed}; did you mean --${name}\\?`),
      );
  });

  it('2 for stdin that is a directory', async () => {
    const line = `'${process.execPath}' '${mainPath}' connect --no-proxy ${echo.url} < /; echo "status $?"`;
    const { stdout, stderr } = await new Running('sh', ['-c', line]).end();
    assert.equal(stdout, 'status 2\n');
    assert.match(stderr, /stdin is a directory/);
  });

  it('2 for a line that is not UTF-8, after closing', async () => {
    const { status, stderr } = await command(['connect', echo.url], Buffer.from([0xff, 0x0a]));
    assert.equal(status, 2);
    assert.match(stderr, /line 1 of stdin is not UTF-8/);
  });

  it('3 when the connection is lost, the protocol is broken, or the server closes with another code', async () => {
    const ends: [(socket: Socket) => void, RegExp][] = [
      [(socket) => socket.end(), /lost without a closing handshake/],
      [(socket) => socket.write(frame(0x3)), /closed 1002/],
      [(socket) => socket.end(frame(close, Buffer.from('\x0f\xa0\x1bbye', 'latin1'))), /closed 4000 "\\u001bbye"/],
    ];
    for (const [end, expected] of ends) {
      await against(end, async (url) => {
        // Its stdin stays open: the end of the connection is what ends it.
        const running = start(['connect', url]);
        const { status, stderr } = await running.end();
        assert.match(stderr, expected);
        assert.equal(status, 3);
      });
    }
  });

  it('0 when the server closes with 1000, also while stdin is still open', async () => {
    await against(
      (socket) => socket.end(frame(close, new Uint8Array([3, 232]))),
      async (url) => {
        const { status, stderr } = await start(['connect', url]).end();
        assert.equal(stderr, '');
        assert.equal(status, 0);
      },
    );
  });

  it('4 when fewer messages came than --count', async () => {
    const { status, stderr } = await command(['connect', echo.url, '-x', 'a', '--count', '2', '--wait', '0']);
    assert.match(stderr, /expected 2 messages, got 1/);
    assert.equal(status, 4);
  });

  it('130 when interrupted, after a Close frame with 1000', async () => {
    const running = start(['connect', echo.url, '--trace']);
    running.child.stdin.write('hello\n');
    await running.shows(/hello/);
    running.child.kill('SIGINT');
    const { status, stderr } = await running.end();
    assert.match(stderr, /> CLOSE 1000/);
    assert.match(stderr, /< CLOSE 1000/);
    assert.equal(status, 130);
  });

  it('0 when the reader of stdout went away, after a Close frame', async () => {
    await against(
      (socket) => {
        const push = setInterval(() => socket.write(frame(text, 'tick')), 1);
        socket.on('data', () => clearInterval(push)); // the client's Close frame
        socket.on('close', () => clearInterval(push));
      },
      async (url) => {
        const running = start(['connect', url]);
        await running.shows(/tick/);
        running.child.stdout.destroy();
        const { status, stderr } = await running.end();
        assert.equal(stderr, '');
        assert.equal(status, 0);
      },
    );
  });
});

const pseudoTerminal = hasScript() ? false : 'script (util-linux) is not installed: apt-get install bsdutils';

describe('connect on a terminal', { skip: pseudoTerminal, timeout: 60_000 }, () => {
  it('has a prompt with commands, shows what comes above it, and closes on Ctrl-D', async () => {
    const terminal = onTerminal(`connect ${echo.url}`);
    await terminal.shows(/type a message/);
    terminal.child.stdin.write('hello\r');
    await terminal.shows(/< hello\r\n/);
    terminal.child.stdin.write('/ping abc\r');
    await terminal.shows(/< pong "abc" \(\d+\.\d ms\)/);
    terminal.child.stdin.write('/binary hex:00ff\r');
    await terminal.shows(/< hex:00ff \(binary, 2 bytes\)/);
    terminal.child.stdin.write('/nope\r');
    await terminal.shows(/! expected \/ping/);
    terminal.child.stdin.write('/help\r');
    await terminal.shows(/\/close \[CODE REASON\]/);
    terminal.child.stdin.write('\x04');
    await terminal.shows(/closed 1000/);
    const { status } = await terminal.end();
    assert.equal(status, 0);
  });

  it('recalls earlier lines, and clears the line on Ctrl-C', async () => {
    const terminal = onTerminal(`connect ${echo.url}`);
    await terminal.shows(/type a message/);
    terminal.child.stdin.write('first\r');
    await terminal.shows(/< first\r\n/);
    terminal.child.stdin.write('not sent');
    await terminal.shows(/not sent/);
    terminal.child.stdin.write('\x03');
    terminal.child.stdin.write('\x1b[A');
    terminal.child.stdin.write('\r');
    await terminal.shows(/< first\r\n[^]*< first\r\n/);
    terminal.child.stdin.write('/close 3000 bye\r');
    const { status, stdout } = await terminal.end();
    assert.match(stdout, /closed 3000/);
    assert.doesNotMatch(stdout, /< not sent/);
    assert.equal(status, 0);
  });

  it('sends a file as a binary message, and says when there is none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ohos-websocket-connect-'));
    try {
      writeFileSync(join(folder, 'a.bin'), Buffer.from([1, 2, 3]));
      const terminal = onTerminal(`connect ${echo.url}`);
      await terminal.shows(/type a message/);
      terminal.child.stdin.write(`/binary ${join(folder, 'a.bin')}\r`);
      await terminal.shows(/< hex:010203 \(binary, 3 bytes\)/);
      terminal.child.stdin.write(`/binary ${folder}\r`);
      await terminal.shows(/is not a file/);
      terminal.child.stdin.write(`/binary ${folder}/none\r`);
      await terminal.shows(/! ENOENT/);
      terminal.child.stdin.write('\x03');
      assert.equal((await terminal.end()).status, 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('lets no control character of the server reach the terminal', async () => {
    await against(
      (socket) => {
        socket.write(frame(text, 'a\x1b]0;title\x07\x9b31m\u202e\nb'));
        socket.end(frame(close, Buffer.from('\x03\xe8\x1b]0;bye\x07', 'latin1')));
      },
      async (url) => {
        const { status, stdout } = await onTerminal(`connect ${url}`).end();
        assert.match(stdout, /a\\u001b\]0;title\\u0007\\u009b31m\\u202e\\nb/);
        assert.match(stdout, /closed 1000 "\\u001b\]0;bye\\u0007"/);
        assert.doesNotMatch(stdout, /\x1b\]|\x07|\x9b|\u202e/);
        assert.equal(status, 0);
      },
    );
  });

  it('prints messages without a prompt when -x is given, escaped as well', async () => {
    const { status, stdout } = await onTerminal(`connect ${echo.url} -x "$(printf 'a\\033b')" --count 1`).end();
    assert.match(stdout, /a\\u001bb\r\n$/);
    assert.equal(status, 0);
  });

  it('has colours, but not with NO_COLOR', async () => {
    const args = `connect ${echo.url} -x "$(printf 'a\\033b')" --count 1`;
    assert.match((await onTerminal(args, {}).end()).stdout, /\x1b\[33m\\u001b\x1b\[39m/);
    assert.doesNotMatch((await onTerminal(args, { NO_COLOR: '1' }).end()).stdout, /\x1b\[33m/);
  });
});

/** Starts it on a pseudo-terminal of 100 columns; the exit status is the command's. */
function onTerminal(args: string, env: NodeJS.ProcessEnv = { NO_COLOR: '1' }): Running {
  const line = `stty cols 100 rows 30; exec '${process.execPath}' '${mainPath}' ${args}`;
  return new Running('script', ['-qec', line, '/dev/null'], { TERM: 'xterm', SHELL: '/bin/sh', ...env });
}

function hasScript(): boolean {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux');
  } catch {
    return false;
  }
}
