import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import { StepListeners } from '../../../lib/transport/dial/listener-group.js';

describe('the listeners of a step', () => {
  it('hear what they are registered for until they are taken off, all at once', () => {
    const emitter = new EventEmitter();
    const heard: string[] = [];
    const stays = (): void => void heard.push('stays');
    emitter.on('a', stays);
    const step = new StepListeners(emitter)
      .on('a', (value) => heard.push(`a ${value}`))
      .on('a', (value) => heard.push(`again ${value}`))
      .on('b', () => heard.push('b'));
    emitter.emit('a', 1);
    emitter.emit('b');
    step.remove();
    emitter.emit('a', 2);
    emitter.emit('b');
    assert.deepEqual(heard, ['stays', 'a 1', 'again 1', 'b', 'stays']);
    assert.deepEqual(emitter.listeners('a'), [stays]);
    assert.equal(emitter.listenerCount('b'), 0);
    step.remove(); // a second time does nothing
  });
});
