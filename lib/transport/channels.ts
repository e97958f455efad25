/**
 * The `node:diagnostics_channel` channels of this client: `ohos-websocket:handshake`, `:frame`, `:message`, `:rule`,
 * `:close` and `:session`, with the payloads of `protocol/recording/events.ts`.
 *
 * A connection is observed when any of them has a subscriber at the moment in which it starts to connect; a later
 * subscriber sees the connections that start after that. An unobserved connection has an ordinary session and does no
 * work for the channels. Of an observed one, only the payloads of channels that have subscribers are built.
 */
import { channel, type Channel as NodeChannel } from 'node:diagnostics_channel';
import type { Channel, EventSink } from '../protocol/recording/events.js';
import type { Recorder } from '../protocol/recording/recorder.js';
import type { Target } from './dial/target.js';
import type { RecordedSteps } from './recorded-steps.js';

const channels: Readonly<Record<Channel, NodeChannel>> = {
  handshake: channel('ohos-websocket:handshake'),
  frame: channel('ohos-websocket:frame'),
  message: channel('ohos-websocket:message'),
  rule: channel('ohos-websocket:rule'),
  close: channel('ohos-websocket:close'),
  session: channel('ohos-websocket:session'),
};
const all: readonly NodeChannel[] = Object.values(channels);

const publish: EventSink = (name, build) => {
  const to = channels[name];
  if (to.hasSubscribers) to.publish(build());
};

let connections = 0;

/** Loaded for the first connection that is observed: programs that nobody observes do without. */
let loaded: { readonly Recorder: typeof Recorder; readonly RecordedSteps: typeof RecordedSteps } | undefined;

/** Whether a recording can start at once, if one is wanted: the recorder has been loaded, or nobody subscribed. */
export function canRecord(): boolean {
  return loaded !== undefined || !isObserved();
}

/** Loads the recorder, if anybody subscribed. */
export async function loadRecorder(): Promise<void> {
  if (canRecord()) return;
  const [{ Recorder }, { RecordedSteps }] = await Promise.all([
    import('../protocol/recording/recorder.js'),
    import('./recorded-steps.js'),
  ]);
  loaded = { Recorder, RecordedSteps };
}

/** Publishes this connection's events on the diagnostics channels from now on, if anybody subscribed. */
export function startRecorder({ secure, hostField, resource }: Target): Recorder | undefined {
  if (loaded === undefined || !isObserved()) return undefined;
  const recorder = new loaded.Recorder(++connections, () => performance.now(), publish);
  recorder.connecting(`${secure ? 'wss' : 'ws'}://${hostField}${resource}`);
  return recorder;
}

/** Follows the steps of the way for a recorder. */
export function recordSteps(recorder: Recorder): RecordedSteps {
  return new loaded!.RecordedSteps(recorder);
}

function isObserved(): boolean {
  return all.some((one) => one.hasSubscribers);
}
