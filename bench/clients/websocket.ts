import type { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import type { Kind } from '../payload.js';
import type { Client, Link, Received, Target } from './client.js';
import { requirePeer } from './peer.js';

interface Message {
  readonly type: 'utf8' | 'binary';
  readonly utf8Data: string;
  readonly binaryData: Buffer;
}

interface Connection {
  on(event: 'message', listener: (message: Message) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  once(event: 'close', listener: () => void): void;
  sendUTF(data: unknown, callback?: () => void): void;
  sendBytes(data: unknown, callback?: () => void): void;
  close(): void;
}

interface WebSocketClient {
  once(event: 'connect', listener: (connection: Connection) => void): void;
  once(event: 'connectFailed', listener: (error: Error) => void): void;
  connect(url: string, protocols: null, origin: null, headers: null, requestOptions: object): void;
}

const websocket = requirePeer('websocket') as { client: new (options: object) => WebSocketClient };
const limit = 0x10000000;
// One frame a message, as every other client sends it, so that all of them move the same bytes.
const options = { fragmentOutgoingMessages: false, maxReceivedFrameSize: limit, maxReceivedMessageSize: limit };

class WebSocketLink implements Link {
  private readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  send(message: unknown, count: number): void {
    if (typeof message === 'string') for (let i = 0; i < count; i++) this.connection.sendUTF(message);
    else for (let i = 0; i < count; i++) this.connection.sendBytes(message);
  }

  burst(message: unknown, count: number, handedOver: () => void): void {
    this.send(message, count - 1);
    if (typeof message === 'string') this.connection.sendUTF(message, handedOver);
    else this.connection.sendBytes(message, handedOver);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.connection.once('close', resolve);
      this.connection.close();
    });
  }
}

export const client: Client = {
  prepare: (bytes: Buffer, kind: Kind) => (kind === 'binary' ? bytes : bytes.toString('utf8')),

  connect(target: Target, received: Received): Promise<Link> {
    const socket = new websocket.client(options);
    const secure = target.caPath === '' ? {} : { ca: readFileSync(target.caPath) };
    return new Promise((resolve, reject) => {
      socket.once('connectFailed', reject);
      socket.once('connect', (connection) => {
        connection.on('message', (message) =>
          received(message.type === 'utf8' ? message.utf8Data : message.binaryData, 1),
        );
        connection.on('error', (error) => reject(error));
        resolve(new WebSocketLink(connection));
      });
      socket.connect(target.url, null, null, null, secure);
    });
  },
};
