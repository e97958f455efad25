/** What the system allows a load: open files of a process, and ports of an address. */
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { UsageError } from '../command.js';
import { grouped } from './figures.js';
import { shareOf } from './schedule.js';

/** Files that a process has open beside its connections. */
const otherFiles = 64;
/** A port is not free again for a minute after its connection: so many of them may be taken by the last run. */
const usedShare = 0.8;

/** Files that this process may have open; `undefined` when the system does not say. */
export async function openFileLimit(): Promise<number | undefined> {
  try {
    const line = /^Max open files +(\d+)/m.exec(await readFile('/proc/self/limits', 'latin1'));
    if (line !== null) return Number(line[1]);
  } catch {
    // not Linux, or not allowed
  }
  try {
    const report = process.report?.getReport() as unknown as { userLimits?: { open_files?: { soft?: unknown } } };
    const limit = Number(report?.userLimits?.open_files?.soft);
    return Number.isFinite(limit) ? limit : undefined;
  } catch {
    return undefined;
  }
}

/** @throws {UsageError} a process would need more open files than it may have */
export function checkOpenFiles(connections: number, processes: number, limit: number | undefined): void {
  const needed = shareOf(connections, 0, processes) + otherFiles;
  if (limit === undefined || needed <= limit) return;
  const enough = Math.ceil(connections / Math.max(1, limit - otherFiles));
  const others = limit > 2 * otherFiles ? `, or use --processes ${enough}` : '';
  throw new UsageError(
    `--connections ${connections} needs ${grouped(needed)} open files in a process, and the limit is ${grouped(limit)}: raise it (ulimit -n)${others}`,
  );
}

/** Ports that the system gives to connections; `undefined` when it does not say. */
export async function ephemeralPorts(): Promise<number | undefined> {
  try {
    const [from, to] = (await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'latin1')).trim().split(/\s+/);
    const count = Number(to) - Number(from) + 1;
    return count > 0 ? count : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The addresses that connections to a loopback address come from, when one has too few ports: 127.0.0.1, 127.0.0.2, …
 *
 * @returns none when the system's choice does
 */
export function loopbackSources(host: string, connections: number, ports: number | undefined): readonly string[] {
  if (ports === undefined || !/^127\.\d+\.\d+\.\d+$/.test(host)) return [];
  const count = Math.ceil(connections / Math.max(1, Math.floor(ports * usedShare)));
  if (count === 1) return [];
  return Array.from({ length: count }, (_, index) => `127.0.${Math.floor((index + 1) / 256)}.${(index + 1) % 256}`);
}
