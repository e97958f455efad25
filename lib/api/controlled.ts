/**
 * What `controls`, and readers of pieces, need of a WebSocket beside its API: its connection, and reports that it has no event
 * for. The property has a symbol for its name, so that it is not part of the documented API.
 */
import type { Buffer } from 'node:buffer';
import type { PieceReceiver } from '../protocol/messages/assembler.js';
import type { Connection } from '../transport/connection.js';
import type { ReadingHold } from './beside-program.js';
import type { ConnectionState } from './control-types.js';

/** The method of a WebSocket that leads to what is behind it. */
export const controlled = Symbol('ohos-websocket: controlled');

/** Who follows what the API has no event for. None of it may throw. */
export interface ControlListener {
  opened(connection: Connection): void;
  pinged(payload: Buffer): void;
  ponged(payload: Buffer): void;
  /** The connection is gone, or the attempt has failed. */
  ended(): void;
}

/** Takes messages in pieces; whole ones from a connection that is observed, since those are shown. */
export interface MessageReceiver extends PieceReceiver {
  whole(message: string | ArrayBuffer): void;
}

/** What is behind a WebSocket. */
export interface Controlled {
  readonly state: ConnectionState;
  /** Since it is open. */
  readonly connection: Connection | undefined;
  readonly url: string;
  readonly protocol: string;
  readonly extensions: string;
  readonly bufferedAmount: number;
  controlListener: ControlListener | undefined;
  /** Gives the attempt to connect up. */
  abort(): void;
  holdReading(): ReadingHold;
}

/** One whose messages can be received in pieces, those of later connections included. */
export interface ReadInPieces extends Controlled {
  messageReceiver: MessageReceiver | undefined;
}

/** What is behind a WebSocket of this package; `undefined` for anything else. */
export function controlledOf(ws: unknown): Controlled | undefined {
  return (ws as { [controlled]?: () => Controlled } | null | undefined)?.[controlled]?.();
}
