import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isTurnOver, waitForTurn } from '../../lib/transport/turns.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A client that is busy for some milliseconds each time, and waits again until it has had `turns`. */
function busy(name: string, order: string[], turns: number, milliseconds: number): { goOn(): void } {
  const client = {
    goOn(): void {
      order.push(name);
      const end = performance.now() + milliseconds;
      while (performance.now() < end);
      if (--turns > 0) waitForTurn(client);
    },
  };
  return client;
}

describe('turns', () => {
  it('are over after some milliseconds, and at once while somebody waits', async () => {
    assert.equal(isTurnOver(performance.now()), false);
    assert.equal(isTurnOver(performance.now() - 10), true);
    waitForTurn(busy('a', [], 1, 0));
    assert.equal(isTurnOver(performance.now()), true);
    await turn();
    assert.equal(isTurnOver(performance.now()), false);
  });

  it('are given in the order in which clients came, one each before any gets a second', async () => {
    const order: string[] = [];
    for (const name of ['a', 'b', 'c']) waitForTurn(busy(name, order, 3, 10));
    while (order.length < 9) await turn();
    assert.deepEqual(order, ['a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'c']);
  });

  it('leave timers theirs in between', async () => {
    const order: string[] = [];
    waitForTurn(busy('a', order, 20, 10));
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    while (order.length < 20) await turn();
    clearInterval(timer);
    assert.ok(ticks >= 10, `${ticks} ticks`);
  });
});
