/** One stream through a fresh session, in one of the ways in which a connection may feed it, under watch. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import type { SessionLimits, SessionObserver } from '../../lib/protocol/contracts.js';
import { MaskingKeys } from '../../lib/protocol/framing/mask.js';
import { OutputQueue } from '../../lib/protocol/framing/output-queue.js';
import type { MessageExtension } from '../../lib/protocol/messages/extension.js';
import { Session } from '../../lib/protocol/session.js';
import { limits as defaultLimits, goodHead } from '../protocol/drive.js';
import { seededFill } from '../protocol/random.js';
import { binaryEvent, type Deflate, negotiate, pongEvent, textEvent } from './stream.js';

export interface Setup {
  /** The role of the session. */
  readonly server: boolean;
  readonly limits?: Partial<SessionLimits>;
  readonly deflate?: Deflate | undefined;
  /** A client's response head; default: a good one, which is given to it before the stream. */
  readonly head?: undefined | 'in the stream';
}

/** How the bytes arrive. */
export interface Feed {
  readonly title: string;
  readonly cuts: readonly number[];
  readonly observed?: boolean;
}

export interface Outcome {
  readonly events: string[];
  /** What the session sent. */
  readonly output: Buffer;
  readonly state: string;
  /** The rule that was broken, and the close code that says so. */
  readonly rule: string | undefined;
  readonly closeCode: number | undefined;
  readonly offset: number | undefined;
}

export const request = { host: 'a.test', resource: '/', subprotocols: [], extensions: '', fields: [] } as const;

/** What is reserved for a message at first; the output takes it in one piece. */
const leastStore = 65600;
const growth = 16;

export function run({ server, limits, deflate, head }: Setup, bytes: Buffer, feed: Feed): Outcome {
  const reports: (() => string)[] = [];
  let violation: { rule: string; closeCode: number | undefined; offset: number } | undefined;
  const output: Buffer[] = [];
  const take = (): void => {
    for (let chunk = queue.take(); chunk !== undefined; chunk = queue.take()) {
      output.push(Buffer.from(chunk.bytes));
      queue.release(chunk);
    }
  };
  const queue = new OutputQueue(take);
  const negotiated = deflate && negotiate(deflate);
  const extension: MessageExtension | undefined = negotiated?.[server ? 'server' : 'client'];
  const allLimits = { ...defaultLimits, ...limits };
  const session: Session = new Session(
    {
      response: ({ status }) => reports.push(() => `response ${status}`),
      open: ({ subprotocol, extensions }) => reports.push(() => `open ${subprotocol} ${extensions}`),
      // Looked at in the end only: the receiver owns it.
      message: (data) =>
        reports.push(() => (typeof data === 'string' ? textEvent(data) : binaryEvent(new Uint8Array(data)))),
      pong: (payload) => {
        const line = pongEvent(payload);
        reports.push(() => line);
      },
      failed: (failure) => {
        const { rule, offset } = failure.violation ?? {};
        if (rule !== undefined) violation = { rule: rule.id, closeCode: rule.closeCode, offset: offset! };
        const body = failure.refusal?.body ?? '';
        reports.push(() => `failed ${rule?.id ?? '-'}${body === '' ? '' : ` ${body}`}`);
      },
      closed: (code, reason) => reports.push(() => `closed ${code} ${reason}`),
    },
    {
      request: server ? undefined : { ...request, subprotocols: ['chat', 'b'], extensions: extension?.offer ?? '' },
      limits: allLimits,
      sink: queue,
      random: (key) => key.fill(0),
      keys: new MaskingKeys(seededFill(1)),
      now: () => 0,
      extension,
      observer: feed.observed ? silent : undefined,
    },
  );
  if (!server && head === undefined) {
    const answer = negotiated && `Sec-WebSocket-Extensions: ${negotiated.response}`;
    session.receive(Buffer.from(goodHead(...(answer === undefined ? [] : [answer])), 'latin1'));
    assert.ok(session.isOpen);
    reports.length = 0;
  }
  take();
  output.length = 0;

  const { maxMessageSize } = allLimits;
  const largest = watchAllocations((received) => {
    const edges = [...feed.cuts, bytes.length];
    const shared = Buffer.alloc(65536);
    for (let at = 0, index = 0; index < edges.length; ) {
      const wanted = edges[index]!;
      const size = Math.min(wanted - at, shared.length);
      bytes.copy(shared, 0, at, at + size);
      session.receive(shared, 0, size);
      shared.fill(0xa5, 0, size); // their memory may be reused
      at += size;
      if (at === wanted) index++;
      received(at);
      take();
    }
  });
  // RFC 6455 §10.4: what is held is bounded by what has arrived, and by the limit.
  for (const { size, received } of largest) {
    assert.ok(size <= leastStore + growth * (received + 65536), `${size} bytes for ${received} received`);
    assert.ok(size <= Math.max(leastStore, 2 * maxMessageSize), `${size} bytes with a limit of ${maxMessageSize}`);
  }
  if (violation !== undefined && session.state === 'ending') {
    // The end of the connection closes the session with our own code; a stream is about the violation alone.
    const known = reports.length;
    session.receive(Buffer.from('8101788101798900880203e8', 'hex'));
    assert.equal(reports.length, known, 'nothing is processed after a failure');
    session.receiveEnd();
    const last = reports.pop()!();
    assert.ok(last.startsWith(`closed ${violation.closeCode} `), last);
    assert.equal(reports.length, known, 'and closed is all that is left to say');
  } else {
    session.receiveEnd();
  }
  take();
  assert.equal(session.state, 'over');
  assert.equal(session.deadline, Infinity);
  const events = reports.map((report) => report());
  const after = reports.length;
  session.receive(Buffer.from('8101788900', 'hex'));
  session.receiveEnd();
  session.expire();
  take();
  assert.equal(reports.length, after, 'nothing is reported after the end');
  return {
    events,
    output: Buffer.concat(output),
    state: session.state,
    rule: violation?.rule,
    closeCode: violation?.closeCode,
    offset: violation?.offset,
  };
}

const nothing = (): void => {};
const silent: SessionObserver = {
  request: nothing,
  response: nothing,
  frame: nothing,
  message: nothing,
  violation: nothing,
  closed: nothing,
};

/** Notes every buffer that is made meanwhile, and how much had been received then. */
function watchAllocations(action: (received: (size: number) => void) => void): { size: number; received: number }[] {
  const allocations: { size: number; received: number }[] = [];
  let sofar = 0;
  const { allocUnsafeSlow } = Buffer;
  Buffer.allocUnsafeSlow = (size: number) => {
    if (size > leastStore) allocations.push({ size, received: sofar });
    return allocUnsafeSlow(size);
  };
  try {
    action((size) => (sofar = size));
  } finally {
    Buffer.allocUnsafeSlow = allocUnsafeSlow;
  }
  return allocations;
}
