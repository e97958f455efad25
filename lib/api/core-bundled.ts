/** The core of a WebSocket for bundlers, which cannot follow `core-on-demand.ts`; see there. */
import { WebSocketCore } from './core.js';

/** The class. */
export default function coreClass(): typeof WebSocketCore {
  return WebSocketCore;
}
