import { describe, it } from 'node:test';
import { nextTurn } from '../../lib/transport/next-turn.js';

describe('nextTurn', () => {
  it('leaves other parts of the event loop their turn, however often it is asked again', async () => {
    let others = 0;
    setTimeout(() => others++, 1);
    await new Promise<void>((resolve) => {
      const again = (): void => (others === 0 ? nextTurn(again) : resolve());
      again();
    });
  });

  it('is Node’s own when a test replaces setImmediate', async (t) => {
    t.mock.timers.enable({ apis: ['setImmediate'] });
    await new Promise<void>((resolve) => nextTurn(resolve));
  });
});
