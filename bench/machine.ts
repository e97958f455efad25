import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

/** Processors that this process may run on, as numbers; empty where the system does not say. */
export function allowedCpus(): number[] {
  let list: string;
  try {
    list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '';
  } catch {
    return [];
  }
  return list.split(',').flatMap((range) => {
    const [from, to] = range.split('-').map(Number);
    if (from === undefined || Number.isNaN(from)) return [];
    return Array.from({ length: (to ?? from) - from + 1 }, (_, i) => from + i);
  });
}

/** What a reader has to know to compare figures. */
export function machine(pinned: boolean): { readonly [name: string]: string } {
  return {
    Processor: `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores available`,
    Memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    'Load at the start': `${(loadavg()[0] ?? 0).toFixed(1)}; other programs disturb, the spread shows how much`,
    System: `${type()} ${release()} ${arch()}`,
    Node: `${process.version} (V8 ${process.versions.v8}, OpenSSL ${process.versions.openssl})`,
    Placement: pinned ? 'client and server pinned to one core each' : 'not pinned: client and server may share a core',
    Transport:
      'one TCP connection on loopback (127.0.0.1) unless the job says otherwise; no compression but in the rows that say so',
  };
}
