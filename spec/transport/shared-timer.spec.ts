import assert from 'node:assert/strict';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { SharedTimer, type TimerClient } from '../../lib/transport/shared-timer.js';

/** Writes down when it was woken, on the clock of the mocked timers. */
class Recorder implements TimerClient {
  readonly times: number[] = [];
  readonly #clock: { now: number };

  constructor(clock: { now: number }) {
    this.#clock = clock;
  }

  wakeUp(): void {
    this.times.push(this.#clock.now);
  }
}

describe('a wake-up', () => {
  const clock = { now: 0 };
  const wait = (milliseconds: number): void => {
    for (let i = 0; i < milliseconds; i++) {
      clock.now++;
      mock.timers.tick(1);
    }
  };

  beforeEach(() => {
    clock.now = 1000;
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(() => mock.timers.reset());

  it('comes at its time or up to 3 % of the wait later, and once', () => {
    for (const milliseconds of [0, 1, 7, 31, 32, 33, 100, 999, 1000, 30_000]) {
      const sleeper = new Recorder(clock);
      const start = clock.now;
      SharedTimer.at(start + milliseconds, start, sleeper);
      wait(Math.ceil(milliseconds * 1.04) + 2);
      assert.equal(sleeper.times.length, 1, `${milliseconds} ms`);
      const late = sleeper.times[0]! - start - milliseconds;
      assert.ok(late >= 0 && late <= Math.max(1, milliseconds / 32), `${milliseconds} ms: ${late} ms late`);
    }
  });

  it('is one for all whose times are close, so that they share a timer', () => {
    const sleepers = Array.from({ length: 200 }, () => new Recorder(clock));
    const wakeUps = new Set(sleepers.map((sleeper, i) => SharedTimer.at(31_000 + i, clock.now + i, sleeper)));
    assert.ok(wakeUps.size <= 2);
    wait(31_000);
    assert.deepEqual(new Set(sleepers.map(({ times }) => times.length)), new Set([1]));
  });

  it('does not come for who cancelled, and still for the others', () => {
    const [first, second] = [new Recorder(clock), new Recorder(clock)];
    const wakeUp = SharedTimer.at(clock.now + 100, clock.now, first);
    assert.equal(SharedTimer.at(clock.now + 100, clock.now, second), wakeUp);
    wakeUp.cancel(first);
    wait(110);
    assert.deepEqual([first.times.length, second.times.length], [0, 1]);
  });

  it('does not come at all when all have cancelled, and others can ask for the same time again', () => {
    const [first, second] = [new Recorder(clock), new Recorder(clock)];
    const wakeUp = SharedTimer.at(clock.now + 100, clock.now, first);
    wakeUp.cancel(first);
    SharedTimer.at(clock.now + 100, clock.now, second);
    wakeUp.cancel(first); // once more: the second one is not touched
    wait(110);
    assert.deepEqual([first.times.length, second.times.length], [0, 1]);
  });

  it('lets one that is woken cancel another, or ask to be woken again', () => {
    const other = new Recorder(clock);
    const again = new Recorder(clock);
    const start = clock.now;
    const wakeUp: SharedTimer = SharedTimer.at(start + 64, start, {
      wakeUp() {
        wakeUp.cancel(other);
        SharedTimer.at(clock.now + 64, clock.now, again);
      },
    });
    assert.equal(SharedTimer.at(start + 64, start, other), wakeUp);
    wait(140);
    assert.deepEqual(other.times, []);
    assert.equal(again.times.length, 1);
  });
});

it('a wake-up that is late comes after what has arrived meanwhile', async (t) => {
  const order: string[] = [];
  let done!: () => void;
  const both = new Promise<void>((resolve) => (done = resolve));
  const note = (what: string): void => {
    if (order.push(what) === 2) done();
  };
  const server = createServer((socket) => socket.on('data', () => note('data')).on('error', () => {}));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  t.after(() => client.destroy());
  await new Promise<void>((resolve) => client.once('connect', () => setTimeout(resolve, 10)));
  await new Promise((resolve) => setImmediate(resolve)); // timers come next
  SharedTimer.at(performance.now() + 20, performance.now(), { wakeUp: () => note('woken') });
  client.write('x');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300); // as a process that is stopped
  await both;
  assert.deepEqual(order, ['data', 'woken']);
});
