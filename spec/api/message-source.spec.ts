import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { isMessageSource, iterate, type MessageSource } from '../../lib/api/message-source.js';

async function* generate(): AsyncGenerator<string> {
  yield 'a';
  yield 'b';
}

async function collect(source: MessageSource): Promise<unknown[]> {
  const all: unknown[] = [];
  const iterator = iterate(source);
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) all.push(next.value);
  return all;
}

describe('a source of a message', () => {
  it('is an async iterable, a stream or a Blob', () => {
    for (const source of [generate(), Readable.from(['a']), new Blob(['a']), new Blob(['a']).stream()]) {
      assert.equal(isMessageSource(source), true);
    }
  });

  it('is nothing else, and an object whose properties throw is none', () => {
    const hostile = new Proxy({}, { get: () => assert.fail('a trap') });
    for (const other of [null, undefined, 1, 'text', ['a'], new Uint8Array(1), new ArrayBuffer(1), {}, hostile]) {
      assert.equal(isMessageSource(other), false);
    }
  });

  it('is iterated, whichever of them it is', async () => {
    assert.deepEqual(await collect(generate()), ['a', 'b']);
    assert.deepEqual(Buffer.concat((await collect(new Blob(['abc']))) as Uint8Array[]).toString(), 'abc');
    // A stream that has a reader only, as in older browsers.
    const stream = new Blob(['abc']).stream();
    const onlyReader = { getReader: () => stream.getReader() } as MessageSource;
    assert.deepEqual(Buffer.concat((await collect(onlyReader)) as Uint8Array[]).toString(), 'abc');
  });

  it('is cancelled when it is not read to its end', async () => {
    let cancelled: unknown = 'no';
    const stream = new ReadableStream({
      pull: (controller) => controller.enqueue('x'),
      cancel: (reason) => {
        cancelled = reason;
      },
    });
    const iterator = iterate({ getReader: () => stream.getReader() } as MessageSource);
    await iterator.next();
    await iterator.return!();
    assert.equal(cancelled, undefined);
  });
});
