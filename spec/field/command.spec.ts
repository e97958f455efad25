/** The command between streams of different speeds: what it holds is bounded, and nothing that it took is lost. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { mainPath, Running } from '../cli/command.js';
import { startOpeningPeer } from '../cli/peer.js';
import { frame } from '../peer/frames.js';

const text = 0x1;
const close = 0x8;
const pseudoTerminal = hasScript() ? false : 'script (util-linux) is not installed: apt-get install bsdutils';

describe('the command', { timeout: 90_000 }, () => {
  it('reads no more than stdout takes, and closes when a slow reader has got all that came', async () => {
    let sent = 0;
    let number = 0;
    let sawClose = false;
    const flood = (socket: Socket): void => {
      socket.on('data', (bytes: Buffer) => (sawClose ||= (bytes[0]! & 0x0f) === close));
      const more = (): void => {
        while (!sawClose && socket.writable) {
          const messages = Array.from({ length: 1000 }, () => frame(text, String(number++).padEnd(100)));
          const chunk = Buffer.concat(messages);
          sent += chunk.length;
          if (!socket.write(chunk)) return void socket.once('drain', () => setImmediate(more));
        }
      };
      more();
    };
    await against(flood, async (url) => {
      const child = spawn(process.execPath, [mainPath, 'connect', '--no-proxy', '--wait', '1', url], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(child, 'exit');
      try {
        // Nobody reads. A server that can send on for as long as that fills the command's memory.
        for (let seen = -1, same = 0; same < 15 && !sawClose && sent < 256 * 2 ** 20; seen = sent) {
          await new Promise((resolve) => setTimeout(resolve, 100));
          same = sent === seen ? same + 1 : 0;
        }
        assert.ok(!sawClose, 'it closed with messages that it had not printed');
        assert.ok(sent < 64 * 2 ** 20, `the server could send ${sent} bytes`);
        let expected = 0;
        for await (const line of createInterface(child.stdout)) assert.equal(Number(line), expected++);
        assert.ok(expected > 1000);
        assert.deepEqual(await exited, [0, null]);
      } finally {
        child.kill('SIGKILL');
      }
    });
  });

  it('closes behind what is still unsent, however long a slow server takes for it', {
    skip: pseudoTerminal,
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ohos-websocket-connect-'));
    const size = 8 * 2 ** 20;
    let got = 0;
    let sawClose = false;
    const slow = (socket: Socket): void => {
      const read = setInterval(() => socket.resume(), 40);
      socket.on('data', (bytes: Buffer) => {
        got += bytes.length;
        sawClose ||= bytes.length >= 8 && bytes[bytes.length - 8] === 0x88;
        if (!sawClose) socket.pause();
      });
      socket.on('close', () => clearInterval(read));
    };
    try {
      writeFileSync(join(folder, 'big.bin'), Buffer.alloc(size));
      await against(slow, async (url) => {
        const terminal = onTerminal(`connect --no-proxy ${url}`);
        await terminal.shows(/type a message/);
        terminal.child.stdin.write(`/binary ${join(folder, 'big.bin')}\r`);
        await terminal.shows(/big\.bin[^]*>/);
        terminal.child.stdin.write('\x04');
        const { status, stdout } = await terminal.end();
        assert.match(stdout, /closed 1000/);
        assert.ok(sawClose && got >= size, `${got} bytes came, Close: ${sawClose}`);
        assert.equal(status, 0);
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** Runs `connect` against a server that does this with each connection. */
async function against(opened: (socket: Socket) => void, use: (url: string) => Promise<void>): Promise<void> {
  const peer = await startOpeningPeer(opened);
  try {
    await use(peer.url);
  } finally {
    await peer.close();
  }
}

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
