/** The HTTP statuses that a relay answers with, as they stand in a status line. */
import { STATUS_CODES } from 'node:http';

/** `403 Forbidden`; a status without a name stands alone. */
export function statusLineOf(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
}
