import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import zlib from 'node:zlib';
import type { SessionHandler, SessionOptions } from '../../../lib/protocol/contracts.js';
import { PerMessageDeflate } from '../../../lib/protocol/deflate/permessage-deflate.js';
import { MaskingKeys } from '../../../lib/protocol/framing/mask.js';
import { OutputQueue } from '../../../lib/protocol/framing/output-queue.js';
import type { ObservedEvent } from '../../../lib/protocol/recording/events.js';
import { Recorder } from '../../../lib/protocol/recording/recorder.js';
import { spell } from '../../../lib/protocol/sentence.js';
import { Session } from '../../../lib/protocol/session.js';
import { describeDifference, parseTranscript, replay, TranscriptError } from '../../../lib/trace/replay.js';
import { TranscriptEncoder, transcriptHeader } from '../../../lib/trace/transcript-format.js';
import { goodHead, limits } from '../../protocol/drive.js';
import { seededFill } from '../../protocol/random.js';
import { request } from '../driver.js';
import type { Target } from '../fuzzer.js';
import { pieces, type Random } from '../random.js';
import { binaryEvent, type Deflate, deflateOptions, negotiate, pongEvent, textEvent, validStream } from '../stream.js';
import { encodeFrame, mutateBytes } from '../wire.js';

/** Something that goes into a session, at a time. */
type Step = (session: Session, clock: Clock) => void;

interface Clock {
  now: number;
}

export const transcripts: Target = {
  name: 'transcripts',
  title: 'an observed session does what any other does, its transcript replays it, and a damaged one says where',
  share: 4,
  run(random) {
    const deflate = random.once(3) ? { client: deflateOptions(random), server: deflateOptions(random) } : undefined;
    const script = makeScript(random, deflate);
    const plain = perform(script, deflate, undefined);
    const lines = [JSON.stringify(transcriptHeader(false))];
    const encoder = new TranscriptEncoder(false);
    const observed = perform(script, deflate, (clock) => {
      const write = (event: ObservedEvent) => lines.push(JSON.stringify(encoder.encode(event)));
      return new Recorder(
        1,
        () => clock.now,
        (_channel, build) => write(build()),
      );
    });
    assert.deepEqual(observed, plain, 'observed and not');

    const text = `${lines.join('\n')}\n`;
    const { difference, events } = replay(parseTranscript(text));
    assert.equal(difference && describeDifference(difference), undefined);
    assert.equal(events, lines.length - 1);
    for (let count = 0; count < 6; count++) readDamaged(damage(random, lines));
  },
};

interface Script {
  readonly steps: readonly Step[];
  /** What listeners do, by the number of the report; most do nothing. */
  readonly reactions: ReadonlyMap<number, Step>;
  readonly pingInterval: number;
  readonly pongTimeout: number;
}

function makeScript(random: Random, deflate: Deflate | undefined): Script {
  const answer = deflate === undefined ? [] : [`Sec-WebSocket-Extensions: ${negotiate(deflate).response}`];
  let incoming = Buffer.concat([
    Buffer.from(goodHead(...answer), 'latin1'),
    ...validStream(random, false, deflate).frames.map(encodeFrame),
    ...validStream(random, false, undefined).frames.map(encodeFrame),
  ]) as Buffer;
  if (random.once(4)) incoming = mutateBytes(random, incoming);
  const steps: Step[] = [];
  for (const chunk of pieces(incoming, random.cuts(incoming.length).slice(0, 40))) {
    steps.push((session) => session.receive(Buffer.from(chunk)));
    if (random.once(3)) steps.push(makeStep(random));
  }
  if (random.once(3)) steps.push(makeEnd(random));
  const reactions = new Map(Array.from({ length: random.below(4) }, () => [random.below(12), makeStep(random)]));
  const pingInterval = random.pick([0, 50, 200]);
  return { steps, reactions, pingInterval, pongTimeout: random.pick([0, pingInterval / 2, pingInterval]) };
}

function makeStep(random: Random): Step {
  switch (random.below(9)) {
    case 0: {
      const message = random.text(random.size(), true);
      return (session) => session.isOpen && session.sendText(message);
    }
    case 1: {
      const message = random.payload();
      return (session) => session.isOpen && session.sendBinary(message);
    }
    case 2: {
      const payload = random.bytes(random.below(126));
      return (session) => session.isOpen && session.ping(payload);
    }
    case 3: {
      const code = random.pick([1000, 1001, 4000]);
      return random.once(2) ? (session) => session.close(code, 'enough') : () => {};
    }
    case 4: {
      const congested = random.once(2);
      return (session) => {
        session.congested = congested;
      };
    }
    case 5: {
      const paused = random.once(2);
      return (session) => {
        session.paused = paused;
      };
    }
    case 6:
      return random.once(4) ? makeEnd(random) : () => {};
    default: {
      const time = random.pick([1, 20, 60, 250]);
      return (session, clock) => {
        clock.now += time;
        session.expire();
      };
    }
  }
}

function makeEnd(random: Random): Step {
  const ends: [Error?, string?][] = [[], [new Error('ECONNRESET')], [new Error('alert'), 'in words']];
  const [error, problem] = random.pick(ends);
  return (session) => session.receiveEnd(error, problem === undefined ? undefined : [problem]);
}

/** Everything that can be seen of a session. */
function perform(
  script: Script,
  deflate: Deflate | undefined,
  recorder: ((clock: Clock) => Recorder) | undefined,
): unknown[] {
  const seen: unknown[] = [];
  const clock: Clock = { now: 1000 };
  let reports = 0;
  const report = (line: string): void => {
    seen.push(line);
    script.reactions.get(reports++)?.(session, clock);
  };
  const drain = (): void => {
    for (let chunk = queue.take(); chunk !== undefined; chunk = queue.take()) {
      seen.push(chunk.bytes.toString('latin1'));
      queue.release(chunk);
    }
  };
  const queue = new OutputQueue(drain);
  const handler: SessionHandler = {
    response: ({ status }) => report(`response ${status}`),
    open: ({ subprotocol, extensions }) => report(`open ${subprotocol} ${extensions}`),
    message: (data) => report(typeof data === 'string' ? textEvent(data) : binaryEvent(new Uint8Array(data))),
    pong: (payload) => report(pongEvent(payload)),
    failed: ({ sentence, status }) => report(`failed ${status} ${spell(sentence)}`),
    closed: (code, reason) => report(`closed ${code} ${reason}`),
  };
  const extension = deflate && new PerMessageDeflate(zlib, deflate.client);
  const options: SessionOptions = {
    request: { ...request, extensions: extension?.offer ?? '' },
    limits: { ...limits, maxMessageSize: 70_000 },
    sink: queue,
    random: (key) => key.fill(0),
    keys: new MaskingKeys(seededFill(1)),
    now: () => clock.now,
    handshakeDeadline: 5000,
    pingInterval: script.pingInterval,
    pongTimeout: script.pongTimeout,
    extension,
  };
  const recording = recorder?.(clock);
  recording?.connecting('ws://a.test/');
  const session: Session = recording?.session(handler, options, deflate?.client) ?? new Session(handler, options);
  drain();
  for (const step of script.steps) {
    clock.now += 1;
    step(session, clock);
    drain();
    seen.push(`${session.state} ${session.deadline} ${queue.ended}`);
  }
  return seen;
}

const odd: readonly unknown[] = [undefined, null, -1, 0.5, 65536, 2 ** 40, '', 'x', 'AAAA', [], {}, { a: 1 }, true];

/** Changes a line, its order, or a part of its JSON. */
function damage(random: Random, lines: readonly string[]): string {
  const changed = [...lines];
  // What is replayed decides more than what came of it.
  const calls = lines.flatMap((one, index) => (/"type":"(call|session)"/.test(one) ? [index] : []));
  const at = random.once(2) ? random.pick(calls) : random.below(changed.length);
  const line = changed[at]!;
  switch (random.below(6)) {
    case 0:
      changed.splice(at, 1);
      break;
    case 1:
      changed.splice(at, 0, changed[random.below(changed.length)]!);
      break;
    case 2:
      changed[at] = mutateBytes(random, Buffer.from(line)).toString();
      break;
    case 3:
      changed[at] = line.replace(/\d+/, () => random.pick(['-1', '1e400', '0.5', '70000', 'null', '"x"']));
      break;
    default: {
      const json = JSON.parse(line) as Record<string, unknown>;
      const name = random.pick(Object.keys(json));
      json[name] = random.once(2) ? damageWithin(random, json[name]) : random.pick(odd);
      changed[at] = JSON.stringify(json);
    }
  }
  return `${changed.join('\n')}${random.once(4) ? '' : '\n'}`;
}

function damageWithin(random: Random, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return [value];
  const name = random.pick(Object.keys(value));
  return { ...value, [name]: random.pick([undefined, null, -1, 0.5, 2 ** 40, 'x', [], {}]) };
}

/** A damaged transcript is refused with its line, or replayed with or without a difference. */
function readDamaged(text: string): void {
  try {
    const result = replay(parseTranscript(text));
    if (result.difference !== undefined) assert.ok(describeDifference(result.difference).length > 0);
  } catch (error) {
    assert.ok(error instanceof TranscriptError, `${(error as Error).stack}\n${text}`);
    assert.ok(error.line >= 1 && error.line <= text.split('\n').length + 1, `${error.line}`);
    assert.match(error.message, /^line \d+: expected .+, got .+/s);
  }
}
