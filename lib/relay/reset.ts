/** A TCP reset that no end comes before: what a peer sees when the other one is gone all at once. */
import type { Socket } from 'node:net';

/**
 * Resets a connection. `Socket.resetAndDestroy` ends our side first, and a peer that has seen an end does not look for a
 * reset; its flag alone makes `destroy` one. On a Node that does not know the flag the connection is cut off without a reset.
 *
 * @param socket of TCP, without TLS
 */
export function resetSocket(socket: Socket): void {
  (socket as { resetAndClosing?: boolean }).resetAndClosing = true;
  socket.destroy();
}
