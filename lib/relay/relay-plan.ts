/** The options of `connect` that make sense for a relay -> how it reaches its server. */
import { planConnect } from '../api/options.js';
import type { WebSocketClientOptions } from '../api/types.js';
import { userAgent } from '../api/user-agent.js';
import type { Field } from '../protocol/http/field.js';
import type { ConnectPlan } from '../transport/connect-plan.js';
import type { UpstreamPlan } from './upstream.js';

/**
 * How a relay connects to its server. `header` and `protocol` replace the fields of the same name in each client's request;
 * what is not among these is between the client and the server.
 */
export type RelayConnectOptions = Omit<
  WebSocketClientOptions,
  | 'closeTimeout'
  | 'connection'
  | 'maxHeadFields'
  | 'maxHeadSize'
  | 'maxMessageSize'
  | 'maxRedirects'
  | 'perMessageDeflate'
  | 'pingInterval'
  | 'pongTimeout'
  | 'signal'
  | 'supportOriginPort'
>;

/** @throws {BusinessError} as `connect` does */
export function planRelay(url: string, options: RelayConnectOptions = {}): UpstreamPlan {
  return upstreamPlan(planConnect(url, { maxUrlLength: Infinity, ...options }));
}

/** A plan of `connect` as one of a relay: without the User-Agent that `connect` adds, since the client has one. */
export function upstreamPlan({ target, dial, fields, subprotocols, handshakeTimeout }: ConnectPlan): UpstreamPlan {
  const wanted: Field[] = fields.filter(([name, value]) => name !== 'User-Agent' || value !== userAgent);
  if (subprotocols.length > 0) wanted.push(['Sec-WebSocket-Protocol', subprotocols.join(', ')]);
  return { target, dial, fields: wanted, timeout: handshakeTimeout };
}
