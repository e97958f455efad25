import { wsClient } from './ws.js';

/** What a user of ws gets without asking: a `Buffer` that shares the memory of the chunk it came in, so no copy. */
export const client = wsClient('nodebuffer');
