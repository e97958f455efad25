/** All questions to a client: those that are about both sides alike, and those that only a client is asked. */
import type { Probe } from '../probe-run.js';
import { closeProbes } from '../probes/close.js';
import { frameProbes } from '../probes/frame.js';
import { limitProbes } from '../probes/limit.js';
import { messageProbes } from '../probes/message.js';
import { pingProbes } from '../probes/ping.js';
import { utf8Probes } from '../probes/utf8.js';
import { clientDeflateProbes } from './client-deflate.js';
import { clientEndProbes, clientFrameProbes } from './client-frames.js';
import { clientHandshakeProbes } from './client-handshake.js';

/** About the masks of clients, a server's duty to close TCP, and a server that still takes others. */
const serversOnly =
  /^(?:frame-(?:mask-zero|mask-octets|own-unmasked|unmasked.*)|close-tcp|limit-(?:announced.*|vanished|waiting))$/;

const asked: readonly Probe[] = [
  ...clientHandshakeProbes,
  ...clientFrameProbes,
  ...[...frameProbes, ...messageProbes, ...utf8Probes, ...pingProbes, ...closeProbes, ...limitProbes].filter(
    ({ id }) => !serversOnly.test(id),
  ),
  ...clientEndProbes,
  ...clientDeflateProbes,
];

export const clientProbes: readonly Probe[] = asked.map((probe) => ({ ...probe, subject: 'client' }));
