import assert from 'node:assert/strict';
import { channel } from 'node:diagnostics_channel';
import { describe, it } from 'node:test';
import { subscribe } from '../../lib/trace/subscribe.js';

describe('subscribe', () => {
  it('listens to the named channels, until it is ended', () => {
    const heard: unknown[] = [];
    const end = subscribe(['frame', 'close'], (event) => heard.push(event));
    for (const name of ['frame', 'message', 'close']) channel(`ohos-websocket:${name}`).publish(name);
    end();
    channel('ohos-websocket:frame').publish('late');
    assert.deepEqual(heard, ['frame', 'close']);
    assert.equal(channel('ohos-websocket:frame').hasSubscribers, false);
  });
});
