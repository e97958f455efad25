import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { absent, find, freePorts, start, startAll } from './program.js';

const command = 'node';
const listen = (ports: readonly number[], before = ''): string[] => [
  '-e',
  `${before}; for (const port of ${JSON.stringify(ports)}) require('net').createServer().listen(port, '127.0.0.1')`,
];

/** Whether somebody listens there. */
async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

describe('start', () => {
  it('resolves once every port accepts connections; end() leaves none that does', async () => {
    const program = await start({ command, ports: 2, args: (...ports) => listen(ports, 'console.log("up")') });
    assert.deepEqual(await Promise.all(program.ports.map(accepts)), [true, true]);
    assert.equal(program.log(), 'up\n');
    await program.end();
    assert.deepEqual(await Promise.all(program.ports.map(accepts)), [false, false]);
  });

  it('rejects with what the program printed when it ends before it listens', async () => {
    const failing = start({ command, args: () => ['-e', 'console.error("bad configuration"); process.exitCode = 3'] });
    await assert.rejects(failing, /node on port \d+.*exit code 3.*bad configuration/s);
  });

  it('rejects when there is no such program', async () => {
    await assert.rejects(start({ command: 'no-such-program', args: () => [] }), /no-such-program.*ENOENT/s);
  });

  it('tries other ports when somebody takes one in between', async () => {
    let attempts = 0;
    const program = await start({
      command,
      args: (port) => (++attempts === 1 ? ['-e', 'throw new Error("bind: Address already in use")'] : listen([port])),
    });
    await program.end();
    assert.equal(attempts, 2);
  });
});

describe('startAll', () => {
  it('ends the others when one fails', async () => {
    let other = 0;
    const both = startAll([
      { command, args: (port) => listen([(other = port)]) },
      { command, args: () => ['-e', 'process.exitCode = 1'] },
    ]);
    await assert.rejects(both, /exit code 1/);
    assert.equal(await accepts(other), false);
  });
});

describe('absent', () => {
  it('is false for a program that is there', () => {
    assert.equal(absent('node'), false);
    assert.match(find('node')!, /node$/);
  });

  it('says what to install for one that is not', () => {
    assert.equal(
      absent('no-such-program', 'some-package'),
      'no-such-program is not installed: apt-get install some-package',
    );
  });
});

describe('freePorts', () => {
  it('are different, and nobody listens on them', async () => {
    const ports = await freePorts(5);
    assert.equal(new Set(ports).size, 5);
    assert.deepEqual(await Promise.all(ports.map(accepts)), Array(5).fill(false));
  });
});
