import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { type ByteStreamHandler, encodeFrame } from '../../lib/audit/raw-connection.js';
import { Witness } from '../../lib/audit/witness.js';

const target = { hostField: 'example.test', resource: '/', secure: false, fields: [], subprotocols: [] };
const times = { probe: 60_000, grace: 1, linger: 1 };

/** A server whose connections open, and answer pings; `handlers`: those of the connections so far. */
function server() {
  const handlers: ByteStreamHandler[] = [];
  const dial = async (handler: ByteStreamHandler) => {
    handlers.push(handler);
    let isOpen = false;
    return {
      write: (bytes: Buffer, taken: () => void): void => {
        taken();
        const key = bytes.subarray(2, 6);
        const answer = isOpen
          ? encodeFrame({
              opcode: 10,
              masked: false,
              payload: bytes.subarray(6).map((byte, at) => byte ^ key[at & 3]!),
            })
          : Buffer.from('HTTP/1.1 101 Yes\r\n\r\n');
        isOpen = true;
        handler.received(answer);
      },
      destroy: () => {},
    };
  };
  return { handlers, witness: new Witness({ target, times, dial }) };
}

describe('a witness', () => {
  it('is nobody before it is opened, and alive while its server answers', async () => {
    const { witness } = server();
    assert.equal(await witness.isAlive(), undefined);
    await witness.open();
    assert.deepEqual(await Promise.all([witness.isAlive(), witness.isAlive()]), [true, true]);
    assert.equal(await witness.hasFallen(), false);
    witness.close();
    assert.equal(await witness.isAlive(), undefined);
  });

  it('falls with its server, and not when the server ends it with a Close frame', async () => {
    const { witness, handlers } = server();
    await witness.open();
    handlers[0]!.ended('ECONNRESET');
    assert.equal(await witness.isAlive(), false);
    witness.close();
    await witness.open();
    handlers[1]!.ended('ECONNRESET');
    assert.equal(await witness.hasFallen(), true);
    assert.equal(await witness.isAlive(), undefined);
    await witness.open();
    handlers[2]!.received(encodeFrame({ opcode: 8, masked: false }));
    handlers[2]!.ended(undefined);
    assert.equal(await witness.hasFallen(), false);
  });

  it('is not opened where it has raised false alarms, nor twice', async () => {
    const { witness, handlers } = server();
    await witness.open();
    await witness.open();
    assert.equal(handlers.length, 1);
    witness.close();
    for (let count = 0; count < 3; count++) witness.raisedFalseAlarm();
    await witness.open();
    assert.equal(await witness.isAlive(), undefined);
  });

  it('is nobody where the server does not take it', async () => {
    const witness = new Witness({ target, times, dial: () => Promise.reject(new Error('refused')) });
    await witness.open();
    assert.equal(await witness.isAlive(), undefined);
  });
});
