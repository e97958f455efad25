import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readTraceSettings } from '../../lib/trace/trace-settings.js';

describe('the variables of a trace', () => {
  it('say nothing when they are not set, or empty', () => {
    const none = { file: undefined, secrets: false, maxSize: undefined, timeOrigin: undefined };
    assert.deepEqual(readTraceSettings({}), none);
    assert.deepEqual(readTraceSettings({ OHOS_WEBSOCKET_TRACE: '', OHOS_WEBSOCKET_TRACE_LIMIT: '' }), none);
  });

  it('are read', () => {
    assert.deepEqual(
      readTraceSettings({
        OHOS_WEBSOCKET_TRACE: 'x.txt',
        OHOS_WEBSOCKET_TRACE_SECRETS: '1',
        OHOS_WEBSOCKET_TRACE_LIMIT: '1000',
        OHOS_WEBSOCKET_TRACE_CLOCK: '1',
      }),
      { file: 'x.txt', secrets: true, maxSize: 1000, timeOrigin: performance.timeOrigin },
    );
  });

  it('have a sentence for what they cannot say', () => {
    for (const limit of ['0', '-1', '1.5', '64M']) {
      assert.throws(() => readTraceSettings({ OHOS_WEBSOCKET_TRACE_LIMIT: limit }), {
        name: 'TraceSettingError',
        message: `OHOS_WEBSOCKET_TRACE_LIMIT must be a number of bytes, at least 1, got "${limit}"`,
      });
    }
    assert.throws(() => readTraceSettings({ OHOS_WEBSOCKET_TRACE_SECRETS: 'yes' }), {
      message: 'OHOS_WEBSOCKET_TRACE_SECRETS must be 1 or 0, got "yes"',
    });
  });
});
