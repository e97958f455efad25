/** What the documented API lacks: an addition, loaded by its first use. */
import additions from '#additions';
import { typeName } from './arguments.js';
import type { ConnectionControls } from './control-types.js';
import { controlledOf } from './controlled.js';
import { parameterError } from './errors.js';

/**
 * Facts and controls of a WebSocket's connection: its state, address and TLS, pings with their round-trip time, events of
 * ping and pong, an end at once, back-pressure, and whether the process waits for it. The same object for each call.
 *
 *     const { state, remoteAddress } = controls(ws);
 *     const milliseconds = await controls(ws).ping();
 *
 * @param ws a `webSocket.WebSocket`, or a `WebSocket` of `ohos-websocket/web`
 * @throws {BusinessError} 401 for anything else
 */
export function controls(ws: object): ConnectionControls {
  const host = controlledOf(ws);
  if (host === undefined) throw parameterError(`controls expects a WebSocket of this package, got ${typeName(ws)}.`);
  return additions.controls().controlsOf(host);
}
