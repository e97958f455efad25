/** The echo servers that the programs of `programs.ts` talk to. */
import { readFileSync } from 'node:fs';
import { startEchoServer } from '../../lib/echo/echo-server.js';
import { certificates } from '../peer/certificates.js';

export interface Partners {
  /** Of the server without TLS. */
  readonly url: string;
  /** The arguments of a program for each server: over TLS with compression, too. */
  readonly talks: readonly (readonly string[])[];
  close(): Promise<unknown>;
}

export async function startPartners(): Promise<Partners> {
  const { server: identity, root } = await certificates();
  const plain = await startEchoServer();
  const secure = await startEchoServer({ tls: identity.pem() });
  return {
    url: plain.url,
    talks: [
      [plain.url, '{}'],
      [secure.url, JSON.stringify({ ca: readFileSync(root, 'utf8'), perMessageDeflate: true })],
    ],
    close: () => Promise.all([plain.close(), secure.close()]),
  };
}
