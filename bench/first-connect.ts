/**
 * Milliseconds from asking for a client's package to its first open connection, in a process that has loaded nothing
 * else. The task comes as JSON in the only argument.
 */
import { loadClient, type NodeClientName } from './clients/names.js';
import { targetOf } from './jobs/target.js';
import type { Task } from './task.js';

const task = JSON.parse(process.argv[2] ?? '') as Task;
const before = process.cpuUsage();
const start = performance.now();
const client = await loadClient(task.client as NodeClientName, task.library);
await client.connect(targetOf(task, '/idle'), () => undefined);
const value = performance.now() - start;
const { user, system } = process.cpuUsage(before);
process.stdout.write(`${JSON.stringify({ value, cpu: user + system })}\n`, () => process.exit(0));
