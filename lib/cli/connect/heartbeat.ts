/** A message that is sent again and again, for servers that want more than pings to keep a connection. */
import { readNumber, UsageError } from '../command.js';
import { type MessageForm, type Outgoing, readMessageArgument } from './message-argument.js';

export interface RepeatedMessage {
  readonly message: Outgoing;
  readonly seconds: number;
}

/** `TEXT:SECONDS`; the text may have colons. @throws {UsageError} */
export function readHeartbeatOption(given: string, name: string, form: MessageForm): RepeatedMessage {
  const colon = given.lastIndexOf(':');
  if (colon < 0) throw new UsageError(`${name} must be TEXT:SECONDS, e.g. ping:30`);
  return {
    message: readMessageArgument(given.slice(0, colon), name, form),
    seconds: readNumber(`SECONDS of ${name}`, given.slice(colon + 1), { least: 0.01, most: 2_000_000 }),
  };
}

/** @returns what ends it */
export function startHeartbeat({ message, seconds }: RepeatedMessage, send: (message: Outgoing) => void): () => void {
  const timer = setInterval(() => send(message), seconds * 1000);
  return () => clearInterval(timer);
}
