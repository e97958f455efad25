/** `ohos-websocket audit --client`: the options, and the audit of whoever connects. */
import { auditClient, defaultClientTimes } from '../../audit/client/client-audit.js';
import type { AuditReport, ProbeResult } from '../../audit/probe.js';
import type { Probe } from '../../audit/probe-run.js';
import { flagOption, numberOption, type OptionValues, type Streams, textOption } from '../command.js';
import { listenForClients, startCommand } from './client-listener.js';

export const clientOptions = {
  client: flagOption('audit a client instead: listen, and ask whoever connects'),
  run: textOption('COMMAND', 'with --client: starts a client for every connection; the URL is appended to it'),
  host: textOption('HOST', 'with --client: address to listen on (default: 127.0.0.1)'),
  port: numberOption('PORT', 'with --client: port to listen on; 0: a free one', {
    least: 0,
    most: 65535,
    integer: true,
    otherwise: 0,
  }),
  wait: numberOption('SECONDS', 'with --client: to wait for the next connection', {
    least: 0.001,
    most: 2_000_000,
    otherwise: 30,
  }),
};

interface ClientAudit {
  readonly values: OptionValues<typeof clientOptions> & { readonly timeout: number; readonly total: number };
  readonly probes: readonly Probe[];
  readonly streams: Streams;
  readonly onProgress: (done: number, total: number, result: ProbeResult) => void;
}

/** Says on stderr where to connect to; rejects when it cannot listen, or no client comes. */
export async function auditClients({ values, probes, streams, onProgress }: ClientAudit): Promise<AuditReport> {
  const { host = '127.0.0.1', port, wait, run: command } = values;
  const start =
    command === undefined
      ? undefined
      : (url: string, ended: (how: string, died: boolean) => void) => startCommand(command, url, ended);
  const listener = await listenForClients({ host, port, waitTime: wait * 1000, start });
  try {
    streams.stderr.write(
      command === undefined
        ? `Listening on ${listener.url}: connect a client, and again whenever its connection ends, ${probes.length + 2} times or more.
A client that sends every message back can be asked more.\n`
        : `Listening on ${listener.url}\n`,
    );
    return await auditClient({
      url: command === undefined ? `the client at ${listener.url}` : `the client ${command}`,
      clients: listener,
      probes,
      times: { ...defaultClientTimes, probe: values.timeout * 1000 },
      totalTime: values.total * 1000,
      onProgress,
    });
  } finally {
    await listener.close();
  }
}
