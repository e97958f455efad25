import type { Client } from '../clients/client.js';
import type { Sample, Task } from '../task.js';
import { Meter } from './meter.js';
import { targetOf } from './target.js';

const atOnce = 16;

/** Opens and closes connections, 16 in flight at a time: whole cycles of opening and closing handshake per second. */
export async function handshakes(client: Client, task: Task): Promise<Sample> {
  const target = targetOf(task, '/idle');
  const cycle = async (): Promise<void> => (await client.connect(target, () => undefined)).close();
  const until = async (milliseconds: number): Promise<number> => {
    const deadline = performance.now() + milliseconds;
    let count = 0;
    const worker = async (): Promise<void> => {
      while (performance.now() < deadline) {
        await cycle();
        count++;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    return count;
  };
  // A handshake runs far more code far less often than a message does: it takes longer to be compiled.
  await until(2 * task.warmMs);
  const meter = new Meter(task.server.pid);
  meter.start();
  return meter.stop(await until(task.measureMs));
}
