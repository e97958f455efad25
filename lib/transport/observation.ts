/**
 * The `node:diagnostics_channel` channels of this client: `ohos-websocket:handshake`, `:frame`, `:message`, `:rule`,
 * `:close` and `:session`, with the payloads of `protocol/session-events.ts`.
 *
 * A connection is observed when any of them has a subscriber at the moment in which it starts to connect; whoever
 * subscribes later sees the connections that start after that. An unobserved connection does no work for it: its session
 * is an ordinary one. Of an observed one, only the payloads of channels that have subscribers are built.
 */
import { type Channel as NodeChannel, channel } from 'node:diagnostics_channel';
import type { SessionRecorder } from '../protocol/observed-session.js';
import type { Channel, EventSink, SessionFailure } from '../protocol/session-events.js';
import type { Target } from './target.js';

const channels: Readonly<Record<Channel, NodeChannel>> = {
  handshake: channel('ohos-websocket:handshake'),
  frame: channel('ohos-websocket:frame'),
  message: channel('ohos-websocket:message'),
  rule: channel('ohos-websocket:rule'),
  close: channel('ohos-websocket:close'),
  session: channel('ohos-websocket:session'),
};
const all = Object.values(channels);

const publish: EventSink = (name, build) => {
  const to = channels[name];
  if (to.hasSubscribers) to.publish(build());
};

let connections = 0;

/** Starts to tell of a connection, if there is anybody to listen. */
export function observe(target: Target, now: () => number): Observation | undefined {
  return all.some((one) => one.hasSubscribers) ? new Observation(target, now) : undefined;
}

/** Loaded with the first connection that is observed: programs that nobody observes do without. */
let Recorder: typeof SessionRecorder | undefined;

/** One observed connection. */
export class Observation {
  /** There when `ready` is; at once, except for the first connection. */
  recorder: SessionRecorder | undefined;
  readonly ready: Promise<void> | undefined;

  constructor(target: Target, now: () => number) {
    if (Recorder === undefined) this.ready = this.#load(target, now);
    else this.#start(Recorder, target, now);
  }

  async #load(target: Target, now: () => number): Promise<void> {
    Recorder = (await import('../protocol/observed-session.js')).SessionRecorder;
    this.#start(Recorder, target, now);
  }

  #start(recorder: typeof SessionRecorder, { secure, hostField, resource }: Target, now: () => number): void {
    this.recorder = new recorder(++connections, now, publish);
    this.recorder.connecting(`${secure ? 'wss' : 'ws'}://${hostField}${resource}`);
  }

  /** Tells that the attempt was given up: at once, or when the story can start. */
  abandon(failure: SessionFailure): void {
    if (this.recorder !== undefined) this.recorder.abandon(failure);
    else void this.ready!.then(() => this.recorder!.abandon(failure));
  }
}
