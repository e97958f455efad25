import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import type { LookupAddress } from 'node:dns';
import { EventEmitter } from 'node:events';
import type net from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { LookupFunction } from '../../../lib/transport/dial/lookup.js';
import { attemptDelay, race } from '../../../lib/transport/dial/race.js';

/** A socket that does what it is told to. */
class FakeSocket extends EventEmitter {
  destroyed = false;

  destroy(): void {
    this.destroyed = true;
  }
}

const four = (address: string): LookupAddress => ({ address, family: 4 });
const six = (address: string): LookupAddress => ({ address, family: 6 });
const refused = (): Error => Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });

/** A race of sockets that only do what they are told to, on a clock that stands still. */
function fakeRace(t: TestContext, host: string, found: LookupAddress[] | Error = [], open?: (address: string) => void) {
  t.mock.timers.reset();
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const sockets = new Map<string, FakeSocket>();
  const reports: string[] = [];
  let error: Error | undefined;
  const lookup: LookupFunction = (name, _options, done) => {
    reports.push(`lookup ${name}`);
    if (found instanceof Error) done(found, []);
    else done(null, found);
  };
  const racing = race(
    host,
    {
      open: (address) => {
        open?.(address);
        const socket = new FakeSocket();
        sockets.set(address, socket);
        return socket as unknown as net.Socket;
      },
      resolved: () => reports.push('resolved'),
      connected: (socket) => {
        const [address] = [...sockets].find(([, one]) => one === (socket as unknown))!;
        reports.push(`connected ${address}`);
      },
      failed: (why) => {
        error = why;
        reports.push('failed');
      },
    },
    {},
    lookup,
  );
  return {
    racing,
    reports,
    opened: () => [...sockets.keys()],
    socket: (address: string) => sockets.get(address)!,
    tick: (time = attemptDelay) => t.mock.timers.tick(time),
    error: () => error as NodeJS.ErrnoException & { errors?: Error[] },
  };
}

describe('a race of addresses', () => {
  it('starts an attempt every 250 ms, and cuts none', (t) => {
    const { opened, socket, tick, reports } = fakeRace(t, 'h.test', [four('1'), four('2'), four('3')]);
    assert.deepEqual(opened(), ['1']);
    tick(attemptDelay - 1);
    assert.deepEqual(opened(), ['1']);
    tick(1);
    tick();
    assert.deepEqual(opened(), ['1', '2', '3']);
    tick(100_000);
    assert.ok([...'123'].every((address) => !socket(address).destroyed));
    socket('1').emit('connect');
    assert.deepEqual(reports, ['lookup h.test', 'resolved', 'connected 1']);
  });

  it('is won by the first that connects: the others are destroyed, and nothing of the race is left', (t) => {
    const { opened, socket, tick, reports } = fakeRace(t, 'h.test', [four('1'), four('2'), four('3')]);
    tick();
    socket('2').emit('connect');
    assert.deepEqual([socket('1').destroyed, socket('2').destroyed], [true, false]);
    assert.equal(socket('2').eventNames().length, 0);
    tick(100_000);
    socket('1').emit('connect');
    socket('1').emit('error', refused());
    assert.deepEqual(opened(), ['1', '2']);
    assert.deepEqual(reports.slice(2), ['connected 2']);
  });

  it('starts the next attempt at once when one fails, and then waits again', (t) => {
    const { opened, socket, tick } = fakeRace(t, 'h.test', [four('1'), four('2'), four('3'), four('4')]);
    tick(attemptDelay - 1);
    socket('1').emit('error', refused());
    assert.deepEqual(opened(), ['1', '2']);
    tick(attemptDelay - 1);
    assert.deepEqual(opened(), ['1', '2']);
    tick(1);
    assert.deepEqual(opened(), ['1', '2', '3']);
    socket('1').emit('close');
    socket('2').emit('error', refused());
    assert.deepEqual(opened(), ['1', '2', '3', '4']);
  });

  it('alternates between the families, in the order of the resolver', (t) => {
    const found = [six('a'), six('b'), four('1'), six('c'), four('2'), six('a')];
    const { opened, tick } = fakeRace(t, 'h.test', found);
    for (let time = 0; time < 9; time++) tick();
    assert.deepEqual(opened(), ['a', '1', 'b', '2', 'c']);
    const other = fakeRace(t, 'h.test', [four('1'), four('2'), six('a')]);
    for (let time = 0; time < 9; time++) other.tick();
    assert.deepEqual(other.opened(), ['1', 'a', '2']);
  });

  it('fails when every attempt has failed, with all errors; one attempt left may still win', (t) => {
    const { socket, reports, error } = fakeRace(t, 'h.test', [four('1'), four('2')]);
    socket('1').emit('error', refused());
    assert.deepEqual(reports.slice(2), []);
    const second = Object.assign(new Error('no route'), { code: 'EHOSTUNREACH' });
    socket('2').emit('error', second);
    assert.deepEqual(reports.slice(2), ['failed']);
    assert.equal(error().code, 'ECONNREFUSED');
    assert.deepEqual(error().errors?.[1], second);
  });

  it('counts an attempt that throws as one that failed', (t) => {
    const { opened, reports, error } = fakeRace(t, 'h.test', [four('1'), four('2')], (address) => {
      if (address === '1') throw refused();
    });
    assert.deepEqual(opened(), ['2']);
    assert.deepEqual(reports.slice(2), []);
    assert.equal(error(), undefined);
    const all = fakeRace(t, 'h.test', [four('1'), four('2')], () => {
      throw refused();
    });
    assert.equal(all.error().errors?.length, 2);
  });

  it('fails with the error of the resolver, and that of a name without addresses', (t) => {
    const gone = Object.assign(new Error('gone'), { syscall: 'getaddrinfo', code: 'ENOTFOUND' });
    assert.equal(fakeRace(t, 'h.test', gone).error(), gone);
    assert.equal(fakeRace(t, 'h.test', []).reports.at(-1), 'failed');
  });

  it('of one address is no race: there is no lookup, and what opening throws is thrown', (t) => {
    for (const host of ['127.0.0.1', '::1', 'fe80::1%lo']) {
      const { opened, reports, error, socket } = fakeRace(t, host);
      assert.deepEqual(opened(), [host]);
      socket(host).emit('error', refused());
      assert.deepEqual(reports, ['failed']);
      assert.equal(error().code, 'ECONNREFUSED');
    }
    const thrown = refused();
    const opening = (): unknown =>
      fakeRace(t, '127.0.0.1', [], () => {
        throw thrown;
      });
    assert.throws(opening, thrown);
  });

  it('for localhost, and every name below it, asks no resolver (RFC 6761 §6.3)', (t) => {
    for (const host of ['localhost', 'LOCALHOST.', 'app.localhost', 'a.b.localhost.']) {
      const { opened, reports, tick } = fakeRace(t, host, new Error('asked'));
      tick();
      assert.deepEqual([opened(), reports], [['127.0.0.1', '::1'], ['resolved']]);
    }
    for (const host of ['notlocalhost', 'localhost.test']) {
      assert.equal(fakeRace(t, host, [four('1')]).reports[0], `lookup ${host}`);
    }
  });

  it('that is aborted destroys every attempt, starts none, and reports nothing', (t) => {
    const { racing, opened, socket, tick, reports } = fakeRace(t, 'h.test', [four('1'), four('2'), four('3')]);
    tick();
    racing.abort();
    tick();
    socket('1').emit('error', refused());
    socket('2').emit('connect');
    assert.ok(socket('1').destroyed && socket('2').destroyed);
    assert.deepEqual([opened(), reports.slice(2)], [['1', '2'], []]);
  });

  it('that is aborted in the lookup stays so when the resolver answers', () => {
    let answer = (): void => {};
    const open = (): never => assert.fail('opened');
    const handler = { open, resolved: open, connected: open, failed: open };
    const racing = race('h.test', handler, {}, (_host, _options, done) => {
      answer = () => done(null, [four('1')]);
    });
    racing.abort();
    answer();
  });
});

/** Whether this machine lets us have a network of our own, with a delay in it. */
async function namespaces(): Promise<string | false> {
  const probe = 'ip link set lo up && ip link add v0 type veth peer name v1';
  return promisify(execFile)('unshare', ['-n', 'sh', '-c', probe]).then(
    () => false,
    (error: Error) => `no network namespaces here: ${error.message.split('\n')[0]}`,
  );
}

const noNamespaces = await namespaces();

describe('a dual-stack name in a network of its own', { skip: noNamespaces }, () => {
  /** Runs a program where `lo` alone is there, after a script of the shell. */
  async function inside(setUp: string, program: string): Promise<string> {
    const module = JSON.stringify(new URL('../../../lib/transport/dial/race.js', import.meta.url).href);
    const source = `import { execFileSync } from 'node:child_process'; import net from 'node:net'; import { race } from ${module};
      const connect = (found, port) => new Promise((resolve) => {
        const start = performance.now();
        race('h.test', {
          open: (host) => net.connect({ host, port }),
          resolved() {},
          connected: (socket) => resolve([socket.remoteAddress, performance.now() - start]),
          failed: (error) => resolve([error.code, performance.now() - start]),
        }, {}, (_host, _options, done) => done(null, found));
      });
      ${program}`;
    const script = `ip link set lo up && ${setUp} && exec "$0" --input-type=module --eval "$1"`;
    const { stdout } = await promisify(execFile)('unshare', ['-n', 'sh', '-c', script, process.execPath, source]);
    return stdout.trim();
  }

  /** Packets to this network go out, and nothing answers. */
  const swallowed =
    'ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up && ' +
    'ip addr add 192.0.2.1/24 dev v0 && ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:01 dev v0';

  it('connects to the address that needs a second, when the other has no route', async () => {
    // The first SYN is lost; when it is repeated, after a second, the address is there: Node's own happy eyeballs cut
    // the attempt after a quarter of it.
    const printed = await inside(
      swallowed,
      `const server = net.createServer((socket) => socket.destroy()).listen(0, async () => {
        setTimeout(() => execFileSync('ip', ['addr', 'add', '192.0.2.9/32', 'dev', 'lo']), 500);
        const found = [{ address: '2001:db8::1', family: 6 }, { address: '192.0.2.9', family: 4 }];
        const [address, time] = await connect(found, server.address().port);
        console.log(address, time >= 500);
        process.exit();
      });`,
    );
    assert.equal(printed, '192.0.2.9 true');
  });

  it('connects to the second address when the first swallows everything', async () => {
    const printed = await inside(
      swallowed,
      `const server = net.createServer((socket) => socket.destroy()).listen(0, '127.0.0.1', async () => {
        const found = [{ address: '192.0.2.9', family: 4 }, { address: '127.0.0.1', family: 4 }];
        const [address] = await connect(found, server.address().port);
        console.log(address);
        process.exit();
      });`,
    );
    assert.equal(printed, '127.0.0.1');
  });
});
