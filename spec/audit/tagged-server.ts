/** A server that knows which probe is asking: it dies of one, or turns it away, and nobody else. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Buffer } from 'node:buffer';
import { planConnect } from '../../lib/api/options.js';
import { audit, defaultTimes } from '../../lib/audit/audit.js';
import type { AuditReport } from '../../lib/audit/probe.js';
import type { Probe } from '../../lib/audit/probe-run.js';
import type { ByteStreamHandler, Dialer } from '../../lib/audit/raw-connection.js';
import { auditDialer } from '../../lib/cli/audit/dialer.js';

const asking = new AsyncLocalStorage<string>();

/** What a connection meets instead of the server. */
export interface Obstacle {
  /** Called for every connection before it is made, with the probe that wants it; an error refuses it. */
  dials?(probe: string | undefined): void;
  /** Called for every write, with its number on the connection; `true`: the server does not see it. */
  writes?(probe: string | undefined, count: number, connection: TaggedConnection): boolean;
  /** Called when a probe is over, before its connection is gone. */
  leaves?(probe: string | undefined, connection: TaggedConnection): void;
}

export interface TaggedConnection {
  /** Ends every connection, as the end of the process does; or those only on which no probe asks. */
  endAll(idle?: 'idle'): void;
  /** Answers in the server's place, and ends the connection. */
  answer(text: string): void;
}

function obstructed(dial: Dialer, obstacle: Obstacle): Dialer {
  const all = new Map<(how: string | undefined) => void, string | undefined>();
  return async (handler: ByteStreamHandler, signal) => {
    const probe = asking.getStore();
    obstacle.dials?.(probe);
    let isGone = false;
    const stream = await dial(
      {
        received: (bytes) => void (isGone || handler.received(bytes)),
        ended: (error) => void (isGone || handler.ended(error)),
      },
      signal,
    );
    const end = (how: string | undefined): void => {
      isGone = true;
      all.delete(end);
      stream.destroy();
      handler.ended(how);
    };
    all.set(end, probe);
    const connection: TaggedConnection = {
      endAll: (idle) =>
        [...all].forEach(([one, owner]) => void (idle !== undefined && owner !== undefined ? 0 : one('ECONNRESET'))),
      answer: (text) => {
        if (text !== '') handler.received(Buffer.from(text));
        end(undefined);
      },
    };
    let count = 0;
    return {
      write: (bytes, taken) => {
        if (isGone || obstacle.writes?.(probe, ++count, connection)) taken();
        else stream.write(bytes, taken);
      },
      destroy: () => {
        if (!isGone) obstacle.leaves?.(probe, connection);
        isGone = true;
        all.delete(end);
        stream.destroy();
      },
    };
  };
}

/** Audits the server at `url` through an obstacle. */
export function auditThrough(
  url: string,
  probes: readonly Probe[],
  obstacle: Obstacle,
  more: { recoverTime?: number; concurrency?: number } = {},
): Promise<AuditReport> {
  const { dial, target, fields, subprotocols } = planConnect(url, { proxy: 'no-proxy' });
  return audit({
    url,
    target: { ...target, fields, subprotocols },
    dial: obstructed(auditDialer(dial), obstacle),
    probes: probes.map((probe) => ({ ...probe, ask: (run) => asking.run(probe.id, () => probe.ask(run)) })),
    times: { ...defaultTimes, probe: 20_000, grace: 50, linger: 20_000 },
    ...more,
  });
}
