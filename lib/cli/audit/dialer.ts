/** The connections of an audit: raw sockets, through the same proxies and TLS as any other connection. */
import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import type { ByteStream, ByteStreamHandler, Dialer } from '../../audit/raw-connection.js';
import { type DialPlan, dial } from '../../transport/dial/dial.js';
import { describeFailure } from '../connection-options.js';

export function auditDialer(plan: DialPlan): Dialer {
  return (handler, signal) =>
    new Promise((resolve, reject) => {
      const abort = (): void => {
        dialing.abort();
        reject(new Error(`nothing within the time; it got as far as: ${dialing.phase}`));
      };
      const dialing = dial(plan, {
        onread: {
          buffer: Buffer.allocUnsafeSlow(65536),
          callback: (size, bytes) => {
            handler.received(Buffer.from(bytes.subarray(0, size)));
            return true;
          },
        },
        connected: (socket, usesOnread, head) => {
          signal.removeEventListener('abort', abort);
          resolve(stream(socket, usesOnread, head, handler));
        },
        failed: (failure) => {
          signal.removeEventListener('abort', abort);
          reject(new Error(describeFailure(failure)));
        },
      });
      signal.addEventListener('abort', abort, { once: true });
    });
}

function stream(socket: Socket, usesOnread: boolean, head: Buffer, handler: ByteStreamHandler): ByteStream {
  const made = socketStream(socket, handler, !usesOnread);
  if (head.length > 0) handler.received(head);
  return made;
}

/** A connected socket as an audit sees it. */
export function socketStream(socket: Socket, handler: ByteStreamHandler, reads = true): ByteStream {
  let error: string | undefined;
  let destroyed = false;
  const ended = (): void => {
    if (!destroyed) handler.ended(error);
  };
  socket.on('error', (cause: NodeJS.ErrnoException) => {
    error = cause.code ?? cause.message;
  });
  socket.on('end', ended);
  socket.on('close', ended);
  if (reads) {
    socket.on('data', (bytes: Buffer) => handler.received(bytes));
    socket.resume(); // one that was accepted is paused
  }
  return {
    write: (bytes, taken) => void socket.write(bytes, () => taken()),
    destroy: () => {
      destroyed = true;
      socket.destroy();
    },
  };
}
