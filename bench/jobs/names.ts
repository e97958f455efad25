import type { Client } from '../clients/client.js';
import type { JobName, Sample, Task } from '../task.js';
import { connections } from './connections.js';
import { echo } from './echo.js';
import { feed } from './feed.js';
import { first } from './first.js';
import { flood } from './flood.js';
import { handshakes } from './handshakes.js';
import { latency } from './latency.js';
import { memory } from './memory.js';
import { receive } from './receive.js';
import { send, turns } from './send.js';

/** Everything but the times of import and first connect, which are matters of processes of their own. */
export const jobs: {
  readonly [name in Exclude<JobName, 'import' | 'start'>]: (client: Client, task: Task) => Promise<Sample>;
} = {
  send,
  receive,
  echo,
  latency,
  turns,
  handshakes,
  memory,
  connections,
  feed,
  first,
  flood,
};
