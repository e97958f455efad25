/** The way to the server, as a relayed connection sees it. */
import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import type { Field } from '../protocol/http/field.js';
import { spell } from '../protocol/sentence.js';
import type { DialPlan } from '../transport/dial/dial.js';
import { dial } from '../transport/dial/dial.js';
import type { Target } from '../transport/dial/target.js';
import type { ConnectionFailure } from '../transport/failure.js';
import { RecordedSteps } from '../transport/recorded-steps.js';
import type { Story } from './story.js';

/** Where a relay connects to, checked. */
export interface UpstreamPlan {
  readonly target: Target;
  readonly dial: DialPlan;
  /** Fields that replace those of the client's request. */
  readonly fields: readonly Field[];
  /** Milliseconds for everything up to the request. */
  readonly timeout: number;
  /** A failure in the words of whoever made the plan. Default: those of the API. */
  readonly describe?: ((failure: ConnectionFailure) => string) | undefined;
}

export interface UpstreamHandler {
  /** What the server sends; the memory is the receiver's. */
  received(bytes: Buffer): void;
  /** The socket is the receiver's. Its errors and its end are for the receiver to listen for, from now on. */
  connected(socket: Socket): void;
  /** Why there is no connection, as a sentence; `timedOut`: there was none in time. */
  failed(sentence: string, timedOut: boolean): void;
}

/** Sockets of one relay read into this memory, one at a time. */
export const sharedReadBuffer = (): Buffer => Buffer.allocUnsafeSlow(65_536);

const sentenceOf = ({ sentence }: ConnectionFailure): string => spell(sentence);

/** Starts to connect. @returns a function that gives up */
export function connectUpstream(
  plan: UpstreamPlan,
  buffer: Buffer,
  story: Story,
  handler: UpstreamHandler,
): () => void {
  const steps = new RecordedSteps({ step: (done) => story.report('step', done) });
  const timer = setTimeout(() => {
    dialing.abort();
    handler.failed(`no connection within ${plan.timeout} ms; it got as far as: ${dialing.phase}`, true);
  }, plan.timeout);
  const dialing = dial(plan.dial, {
    onread: {
      buffer,
      callback: (size, bytes) => {
        handler.received(Buffer.from(bytes.subarray(0, size)));
        return true;
      },
    },
    started: () => steps.start(),
    stepped: (step, socket) => steps.done(step, socket),
    connected: (socket, usesOnread, head) => {
      clearTimeout(timer);
      // Each side ends on its own.
      socket.allowHalfOpen = true;
      handler.connected(socket);
      if (!usesOnread) socket.on('data', (bytes: Buffer) => handler.received(bytes));
      if (head.length > 0) handler.received(head);
    },
    failed: (failure) => {
      clearTimeout(timer);
      handler.failed((plan.describe ?? sentenceOf)(failure), false);
    },
  });
  return () => {
    clearTimeout(timer);
    dialing.abort();
  };
}
