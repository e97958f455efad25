/**
 * Stands between any client and any server, passes bytes on unchanged both ways, and shows what both do: every frame, every
 * rule that either breaks. On request it does harm, for tests of how a client or a server bears it.
 *
 * @example
 * import { startRelay } from 'ohos-websocket/relay';
 * const relay = await startRelay(url, { rules: { delay: 100, cutAfter: { frames: 10 } } });
 * console.log(relay.url); // where the client under test connects to
 * await relay.stop();
 */

import type { Transcript } from '../trace/transcript-reader.js';
import { planRelay } from './relay-plan.js';
import { listen, type Relay, type RelayOptions, serverSide } from './relay-server.js';
import { playClients, type ReplayOptions } from './replaying.js';

export type { Channel, ObservedEvent } from '../protocol/recording/events.js';
export type { RelayConnectOptions } from './relay-plan.js';
export type { CutAfter, RelayRules, WayRules } from './relay-rules.js';
export type { Relay, RelayOptions, RulesOrChoice } from './relay-server.js';
export { type ReplayOptions, startReplayServer } from './replaying.js';

/**
 * Starts a relay to a server. Rejects when it cannot listen.
 *
 * @param url of the server; clients that ask for `/` get its path and query, others what they ask for
 * @throws {TypeError} rules, a seed or a size that cannot be; `BusinessError` for what `connect` would not take
 */
export async function startRelay(url: string, options: RelayOptions = {}): Promise<Relay> {
  return listen(serverSide(planRelay(url, options.connect)), options);
}

/**
 * Plays the client's part of every connection of a transcript to a server, one after the other: the requests but for Host, then
 * the frames with the masking keys that they had. Resolves when the last one is over; what came of it goes to `onEvent`.
 *
 * @param transcript what `readTranscript` of `ohos-websocket/replay` gives: of a relay, of `connect --transcript`, of a trace
 * @param url of the server
 * @throws {TypeError} there is no connection in it; `BusinessError` for what `connect` would not take
 */
export async function replayClient(
  transcript: Transcript,
  url: string,
  options: ReplayOptions & Pick<RelayOptions, 'connect'> = {},
): Promise<void> {
  await playClients(transcript, serverSide(planRelay(url, options.connect)), options);
}
