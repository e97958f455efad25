/** What only some ways to a server need, loaded when a connection takes one of them: TLS, SOCKS, a stream of the program. */
import type { Socket } from 'node:net';
import { sentence } from '../../protocol/sentence.js';
import { type ConnectionFailure, FailureError } from '../failure.js';
import { load } from '../load.js';
import type { TlsCredentials, TlsPlan } from '../tls/credentials.js';
import type { ConnectionSource } from './duplex-like.js';
import type { ProxyServer } from './proxy.js';

/** The plan of a dial, as far as it matters here. */
export interface PartsPlan {
  readonly target: { readonly secure: boolean };
  readonly tls: TlsPlan;
  readonly connection?: ConnectionSource | undefined;
}

export interface Parts {
  /** Of TLS to the target. */
  readonly target?: TlsCredentials | undefined;
  /** Of TLS to the proxy. */
  readonly proxy?: TlsCredentials | undefined;
  readonly socks?: typeof import('./socks-tunnel.js') | undefined;
  readonly stream?: Socket | undefined;
}

/** Whether anything has to be loaded. */
export function needsParts({ target, connection }: PartsPlan, proxy: ProxyServer | undefined): boolean {
  return target.secure || connection !== undefined || proxy?.secure === true || proxy?.socks !== undefined;
}

/** @throws {FailureError} a file or a stream is not to be had */
export async function loadParts(
  { target, tls, connection }: PartsPlan,
  proxy: ProxyServer | undefined,
): Promise<Parts> {
  const socks = proxy?.socks && (await load('dial/socks-tunnel.js', () => import('./socks-tunnel.js')));
  const secure = target.secure || proxy?.secure ? await loadCredentials(target.secure, tls, proxy) : {};
  return { ...secure, socks, stream: connection && (await bringStream(connection)) };
}

async function loadCredentials(
  isSecure: boolean,
  plan: TlsPlan,
  proxy: ProxyServer | undefined,
): Promise<Pick<Parts, 'target' | 'proxy'>> {
  const { loadTls } = await load('tls/credentials.js', () => import('../tls/credentials.js'));
  const { caPath, ca, minSupportTlsProtocol, keyLogFile } = plan;
  // A proxy gets credentials of its own: it is always verified, and the client certificate is none of its business.
  const proxyPlan = { caPath, ca, minSupportTlsProtocol, keyLogFile, skipServerCertVerification: false };
  const [forTarget, forProxy] = await Promise.all([
    isSecure ? loadTls(plan) : undefined,
    proxy?.secure ? loadTls(proxyPlan) : undefined,
  ]);
  return { target: forTarget, proxy: forProxy };
}

async function bringStream(connection: ConnectionSource): Promise<Socket> {
  const module = await load('dial/brought-stream.js', () => import('./brought-stream.js'));
  return module.bringStream(connection);
}

/** What a rejection of `loadParts` says. */
export function partsFailure(error: unknown): ConnectionFailure {
  if (error instanceof FailureError) return error.failure;
  const text = sentence`what this way to the server needs could not be loaded: ${String(error)}`;
  return { kind: 'unloadable', sentence: text, status: 0, attempted: false, cause: error };
}
