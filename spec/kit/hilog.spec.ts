import assert from 'node:assert/strict';
import { afterEach, describe, it, type TestContext } from 'node:test';
import { hilog } from '../../lib/kit/hilog.js';

/** What a call writes, with the method of the console before it. */
function written(t: TestContext, call: () => void): string[] {
  const lines: string[] = [];
  for (const method of ['debug', 'info', 'warn', 'error'] as const) {
    t.mock.method(console, method, (line: string) => lines.push(`${method} ${line}`));
  }
  call();
  t.mock.restoreAll();
  return lines;
}

const info = (t: TestContext, format: string, ...args: unknown[]): string =>
  written(t, () => hilog.info(0x0001, 'tag', format, ...args))[0]!.replace('info I A00001/tag: ', '');

describe('hilog', () => {
  afterEach(() => hilog.setMinLogLevel(hilog.LogLevel.DEBUG));

  it('writes level, domain and tag before the message, warnings and worse to standard error', (t) => {
    const lines = written(t, () => {
      for (const level of ['debug', 'info', 'warn', 'error', 'fatal'] as const) hilog[level](0xff00, 'Chat', 'hello');
    });
    assert.deepEqual(lines, [
      'debug D A0FF00/Chat: hello',
      'info I A0FF00/Chat: hello',
      'warn W A0FF00/Chat: hello',
      'error E A0FF00/Chat: hello',
      'error F A0FF00/Chat: hello',
    ]);
  });

  it('shows what is marked public', (t) => {
    assert.equal(info(t, 'user %{public}s of %{public}d', 'Ann', 3), 'user Ann of 3');
    assert.equal(info(t, '%{public}s %{public}s %{public}s', true, null, undefined), 'true null undefined');
    assert.equal(info(t, '%{public}o', { code: 200, data: ['0'] }), '{"code":200,"data":["0"]}');
    assert.equal(info(t, '%{public}s', new TypeError('broken')), 'TypeError: broken');
  });

  it('blots what is marked private, whatever it is', (t) => {
    assert.equal(info(t, '%{private}s %{private}d %{private}o', 'token', 42, {}), '<private> <private> <private>');
  });

  it('without a mark, blots text and shows numbers and objects', (t) => {
    assert.equal(info(t, '%s %d %i %o %O', 'token', 42, 10n, { a: 1 }, [2]), '<private> 42 10 {"a":1} [2]');
  });

  it('leaves a conversion without an argument, ignores an argument too many, writes %% as %', (t) => {
    assert.equal(info(t, '100 %% of %{public}s, %{public}d', 'it'), '100 % of it, %{public}d');
    assert.equal(info(t, 'plain', 'unused'), 'plain');
    assert.equal(info(t, '%{public}s', '%{public}s $&', 'not this'), '%{public}s $&');
  });

  it('shows an object that cannot be JSON', (t) => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    assert.equal(info(t, '%{public}o', circle), '[object Object]');
  });

  it('writes nothing below the level that is set', (t) => {
    hilog.setMinLogLevel(hilog.LogLevel.WARN);
    assert.equal(hilog.isLoggable(0, 'tag', hilog.LogLevel.INFO), false);
    assert.equal(hilog.isLoggable(0, 'tag', hilog.LogLevel.FATAL), true);
    const lines = written(t, () => {
      hilog.info(0, 'tag', 'no');
      hilog.warn(0, 'tag', 'yes');
    });
    assert.deepEqual(lines, ['warn W A00000/tag: yes']);
  });
});
