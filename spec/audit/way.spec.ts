import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planConnect } from '../../lib/api/options.js';
import { defaultTimes } from '../../lib/audit/audit.js';
import { compareWays, describeWay, measureWay, type WayMeasure } from '../../lib/audit/way.js';
import { auditDialer } from '../../lib/cli/audit/dialer.js';
import { type Fault, startFaultyServer } from './faulty-server.js';

async function measured(fault: Fault, binary: 'echo' | 'accepted' = 'echo'): Promise<WayMeasure> {
  const server = await startFaultyServer(fault);
  const { dial, target, fields, subprotocols } = planConnect(server.url, { proxy: 'no-proxy' });
  const capabilities = { text: 'echo', binary, server: undefined } as const;
  const options = { target: { ...target, fields, subprotocols }, dial: auditDialer(dial), times: defaultTimes };
  try {
    return await measureWay({ ...options, capabilities });
  } finally {
    await server.close();
  }
}

describe('a way', () => {
  it('has the fields of its 101, and the times of pings and echoes', async () => {
    const { fields, roundTrip, transfer } = await measured({ fields: (fields) => [...fields, 'Via: 1.1 x'] });
    assert.ok(fields.includes('via: 1.1 x') && fields.includes('upgrade: websocket'), fields.join('\n'));
    assert.ok(roundTrip! > 0 && transfer! > 0);
  });

  it('shows no cookie that a balancer sets, and no more than the start of a long field', async () => {
    const more = ['Set-Cookie: route=hidden; Path=/', `X-Long: ${'a'.repeat(5000)}`];
    const { fields: shown } = await measured({ fields: (fields) => [...fields, ...more] });
    assert.ok(
      shown.some((field) => field.startsWith('set-cookie: *')) && !shown.join().includes('hidden'),
      shown.join(),
    );
    assert.ok(shown.find((field) => field.startsWith('x-long: '))!.length < 300);
  });

  it('has no times where nothing answers, and none of echoes where nothing is echoed', async () => {
    assert.equal((await measured({}, 'accepted')).transfer, undefined);
    const none = { fields: [], roundTrip: undefined, transfer: undefined };
    assert.deepEqual(await measured({ status: () => 403 }), none);
  });
});

describe('two ways', () => {
  const direct: WayMeasure = {
    fields: ['upgrade: websocket', 'server: a', 'date: 1', 'sec-websocket-accept: x'],
    roundTrip: 1,
    transfer: 2,
  };

  it('differ by the fields that one adds and takes, but not by those that always differ', () => {
    const fields = ['upgrade: websocket', 'server: b', 'date: 2', 'sec-websocket-accept: y'];
    const way = compareWays('http://p/', direct, { ...direct, fields });
    assert.deepEqual([way.added, way.removed, way.buffers], [['server: b'], ['server: a'], false]);
    assert.deepEqual(describeWay(way), [
      'it adds to the 101: server: b',
      'it takes from the 101: server: a',
      'a ping: 1.00 ms directly, 1.00 ms through it',
      'an echo of 1 MiB: 2.00 ms directly, 2.00 ms through it',
    ]);
  });

  it('differ when one holds small frames back', () => {
    const way = compareWays('http://p/', direct, { ...direct, roundTrip: 201, transfer: undefined });
    assert.deepEqual(describeWay(way), [
      'a ping: 1.00 ms directly, 201.00 ms through it',
      'it holds small frames back: http://p/ buffers',
    ]);
  });
});
