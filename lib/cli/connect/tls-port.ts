/** Whether a port that gave no answer to a plain `ws:` request speaks TLS: found out by asking it. */
import { isIP } from 'node:net';
import process from 'node:process';
import { connect as connectTls } from 'node:tls';
import type { ConnectPlan } from '../../transport/connect-plan.js';
import type { ConnectionFailure } from '../../transport/failure.js';

/** Milliseconds: it is only about a hint. */
const patience = 2000;

/** What nginx, Apache, Go and others answer to plain HTTP on a TLS port. */
const saysSo =
  /https? port|HTTP request to an? HTTPS server|speaking plain HTTP to an SSL|requires? (?:TLS|SSL)|use (?:https|wss)/i;

/** The first byte of a TLS record with an alert, as a message quotes it. */
const alert = /^"\\u0015/;

/** A hint for who wrote ws: to a port of wss:, or `undefined`. */
export async function hintAtTls(
  failure: ConnectionFailure,
  { target, dial }: ConnectPlan,
): Promise<string | undefined> {
  if (target.secure) return undefined;
  const hint = 'the port speaks TLS: use wss:// instead of ws://';
  if (failure.kind === 'refused') return saysSo.test(failure.refusal.body) ? hint : undefined;
  if (failure.kind === 'violation') return alert.test(failure.violation.got) ? hint : undefined;
  // Most servers just close, or reset.
  if (failure.kind !== 'lost' && failure.kind !== 'timeout') return undefined;
  // What is behind a socket or a proxy is not at the address of the URL.
  if (dial.socketPath !== undefined || (dial.proxy !== 'no-proxy' && (await isProxied(dial)))) return undefined;
  return (await speaksTls(target.host, target.port)) ? hint : undefined;
}

async function isProxied({ proxy, target }: ConnectPlan['dial']): Promise<boolean> {
  const { resolveProxy } = await import('../../transport/dial/proxy.js');
  try {
    return resolveProxy(proxy, target, process.env) !== undefined;
  } catch {
    return true;
  }
}

/** A certificate is not looked at: nothing is sent. */
function speaksTls(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTls({
      host,
      port,
      rejectUnauthorized: false,
      ...(isIP(host) === 0 ? { servername: host } : {}),
    });
    const end = (speaks: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(speaks);
    };
    const timer = setTimeout(end, patience, false);
    // An alert comes from TLS as well: one wants a certificate, or another name.
    socket
      .once('secureConnect', () => end(true))
      .once('error', (error: NodeJS.ErrnoException) => end(/_ALERT_/.test(error.code ?? '')));
    socket.once('close', () => end(false));
  });
}
