/**
 * What a connection needs once it connects: the session, the sockets, the random source. Loaded by the first `connect`,
 * so that a program that only imports the client does not pay for `node:net`, `node:crypto` and the protocol.
 */
import { randomFillSync } from 'node:crypto';
import { MaskingKeys } from '../protocol/mask.js';
import { Session } from '../protocol/session.js';
import { dial } from './dial.js';

/** One pool of masking keys for all connections. */
const keys = new MaskingKeys(randomFillSync);

export { Session, dial, keys, randomFillSync as random };
