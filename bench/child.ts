/**
 * One measurement of one client in a process of its own: the task comes as JSON in the only argument, the sample
 * leaves as the last line.
 */
import { writeSync } from 'node:fs';
import type { NodeClientName } from './clients/names.js';
import { loadClient } from './clients/names.js';
import { jobs } from './jobs/names.js';
import type { Task } from './task.js';

const task = JSON.parse(process.argv[2] ?? '') as Task;
if (task.job === 'import' || task.job === 'start') throw new Error(`${task.job} has a program of its own`);
const client = await loadClient(task.client as NodeClientName, task.library);
const sample = await jobs[task.job](client, task);
writeSync(1, `${JSON.stringify(sample)}\n`);
// No farewell: thousands of closing handshakes would only delay the next measurement.
process.exit(0);
