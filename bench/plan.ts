import type { ClientName } from './clients/names.js';
import type { Kind } from './payload.js';
import type { JobName } from './task.js';

/** What `--only` chooses from. */
export const areas = [
  'send',
  'receive',
  'echo',
  'flight',
  'utf8',
  'turns',
  'latency',
  'handshakes',
  'delay',
  'first',
  'compression',
  'memory',
  'import',
  'wss',
  'scaling',
] as const;
export type Area = (typeof areas)[number];

/** One cell of the tables: a job with its parameters, measured for every client. */
export interface Cell {
  readonly area: Area;
  /** The row of the table that it belongs to, e.g. `send text`. */
  readonly row: string;
  /** Its column, e.g. `16 B`. */
  readonly column: string;
  readonly job: JobName;
  readonly kind: Kind;
  readonly size: number;
  readonly secure: boolean;
  readonly each: number;
  readonly connections: number;
  /** At most so many rounds: for what is slow and steady. */
  readonly rounds: number;
  /** The server: one that answers what came together with one write, or each message by itself. */
  readonly answers: 'batch' | 'each';
  /** The clients that make sense here. */
  readonly clients: readonly ClientName[];
}

const all: readonly ClientName[] = [
  'ohos-websocket',
  'ws',
  'undici',
  'ohos-web',
  'websocket',
  'faye-websocket',
  'bun',
  'deno',
  'libwebsockets',
  'prototype',
  'raw',
];
/** Where every message goes through a listener, ws has another one than the events of its emitter. */
const withListener: readonly ClientName[] = [...all, 'ws-listener'];
const withBuffer: readonly ClientName[] = [...withListener, 'ws-buffer'];
const packages: readonly ClientName[] = ['ohos-websocket', 'ws', 'undici', 'websocket', 'faye-websocket'];

const units = ['B', 'KiB', 'MiB'];

/** `16 B`, `1 KiB`, `64 MiB`: exact for the sizes used here. */
export function sizeLabel(size: number): string {
  let unit = 0;
  let value = size;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value} ${units[unit]}`;
}

const defaults = {
  kind: 'text',
  size: 16,
  secure: false,
  each: 1,
  connections: 1,
  rounds: Infinity,
  answers: 'batch',
  clients: all,
} as const;

function traffic(area: Area, sizes: readonly number[], secure: boolean, rounds: number): Cell[] {
  const prefix = secure ? 'wss: ' : '';
  const rows: { area: Area; row: string; job: JobName; kind: Kind; each: number; clients: readonly ClientName[] }[] = [
    { area: 'send', row: 'send text', job: 'send', kind: 'text', each: 256, clients: all },
    { area: 'send', row: 'send binary', job: 'send', kind: 'binary', each: 256, clients: all },
    { area: 'receive', row: 'receive text', job: 'receive', kind: 'text', each: 1, clients: withListener },
    { area: 'receive', row: 'receive binary', job: 'receive', kind: 'binary', each: 1, clients: withBuffer },
    { area: 'echo', row: 'echo text', job: 'echo', kind: 'text', each: 64, clients: withListener },
  ];
  return rows
    .filter((row) => area === 'wss' || row.area === area)
    .flatMap((row) =>
      sizes.map((size) => ({
        ...defaults,
        ...row,
        area,
        row: prefix + row.row,
        size,
        column: sizeLabel(size),
        secure,
        rounds,
        clients: row.clients.filter((name) => !secure || name !== 'prototype'),
      })),
    );
}

const headToHead: readonly ClientName[] = ['ohos-websocket', 'ws', 'ws-buffer', 'prototype', 'raw'];

/** One regime whatever is in flight: against a server that gathers its answers, and one that answers at once. */
function flight(quick: boolean): Cell[] {
  const clients: readonly ClientName[] = ['ohos-websocket', 'ws', 'prototype', 'raw'];
  return (['batch', 'each'] as const).flatMap((answers) =>
    (quick ? [2, 16, 64] : [2, 4, 16, 64, 256]).map((each) => {
      const row = `in flight, answered ${answers === 'each' ? 'one by one' : 'in batches'}`;
      return { ...defaults, area: 'flight', row, column: String(each), job: 'echo', each, answers, clients };
    }),
  );
}

/** JSON texts with one compression context a direction; the prototype and the floor know no compression. */
function compression(quick: boolean): Cell[] {
  const clients: readonly ClientName[] = ['ohos-websocket', 'ws'];
  const base = { ...defaults, area: 'compression', kind: 'json', clients, rounds: quick ? 1 : 2 } as const;
  const rows: readonly (Pick<Cell, 'row' | 'job'> & Partial<Cell>)[] = [
    { row: 'compressed: receive', job: 'receive' },
    { row: 'compressed: send', job: 'send' },
    { row: 'compressed: 1 in flight', job: 'feed' },
    { row: 'compressed: 64 in flight', job: 'feed', each: 64 },
    { row: 'compressed: 16 connections, 1 in flight', job: 'feed', connections: 16 },
    { row: 'compressed: 16 connections, 64 in flight', job: 'feed', connections: 16, each: 64 },
  ];
  return rows.flatMap((row) =>
    (quick ? [200, 1024] : [200, 1024, 4096]).map((size) => ({ ...base, ...row, size, column: sizeLabel(size) })),
  );
}

/** How late the event loop gets to anything else under a flood, and how soon a fresh process is at its pace. */
function delayAndFirst(quick: boolean): Cell[] {
  const clients: readonly ClientName[] = ['ohos-websocket', 'ws', 'undici', 'prototype', 'raw'];
  const base = { ...defaults, clients, rounds: quick ? 1 : 2 };
  const sizes = quick ? [16] : [16, 1024, 65536];
  const delay = sizes.map(
    (size): Cell => ({
      ...base,
      area: 'delay',
      row: 'receive text, longest delay',
      column: sizeLabel(size),
      job: 'flood',
      size,
    }),
  );
  // These take three seconds a sample.
  const first = { ...base, area: 'first', job: 'first', clients: quick ? clients.slice(0, 2) : clients } as const;
  return [
    ...delay,
    { ...first, row: 'first half second, echo', column: '16 B', each: 64 },
    { ...first, row: 'first half second, receive', column: '1 KiB', each: 0, size: 1024 },
    { ...base, area: 'first', job: 'start', row: 'import and first connect', column: '', rounds: Infinity },
  ];
}

/** The others than ws, the prototype and the floor get every kind of job, but not every size of it: the time is limited. */
function withFewPeers(quick: boolean): (cell: Cell) => Cell {
  const columns = quick ? ['16 B', '1 KiB', '64', ''] : ['16 B', '1 KiB', '64 KiB', '64', '1,000', ''];
  return (cell) => {
    const withPeers = columns.includes(cell.column) && !cell.secure && (cell.kind === 'text' || !quick);
    return withPeers ? cell : { ...cell, clients: cell.clients.filter((name) => headToHead.includes(name)) };
  };
}

/** The rows that another Node runs in the same run: those of the hot path, against ws, the prototype and the floor. */
export function otherNodePlan(): Cell[] {
  const columns: { readonly [area in Area]?: readonly string[] } = {
    turns: ['1', '4', '64'],
    flight: ['4', '64'],
    latency: ['16 B'],
    handshakes: [''],
    memory: [''],
    import: [''],
    delay: ['16 B'],
    first: ['16 B', '1 KiB', ''],
  };
  const ofTraffic = ['16 B', '1 KiB', '64 KiB'];
  return plan(false)
    .filter(({ area, column }) =>
      (['send', 'receive', 'echo', 'utf8'].includes(area) ? ofTraffic : (columns[area] ?? [])).includes(column),
    )
    .map((cell) => ({
      ...cell,
      rounds: Math.min(cell.rounds, 2),
      clients: cell.clients.filter((name) => name !== 'ws-buffer' && headToHead.includes(name)),
    }));
}

/** Every cell, in the order in which it is measured and shown. */
export function plan(quick: boolean): Cell[] {
  const KiB = 1024;
  const MiB = 1024 * KiB;
  const sizes = quick ? [16, KiB, 64 * KiB] : [16, 125, KiB, 16 * KiB, 64 * KiB, MiB];
  const cells: Cell[] = [
    ...traffic('send', sizes, false, Infinity),
    ...traffic('receive', sizes, false, Infinity),
    ...traffic('echo', sizes, false, Infinity),
    ...flight(quick),
  ];
  for (const job of ['send', 'receive'] as const) {
    for (const kind of ['mixed', 'chinese'] as const) {
      const row = `${job} ${kind === 'mixed' ? 'mixed' : 'Chinese'} UTF-8`;
      cells.push({ ...defaults, area: 'utf8', row, column: '1 KiB', job, kind, size: KiB, each: 256 });
    }
  }
  for (const each of quick ? [1, 4, 16, 64] : [1, 4, 16, 64, 256]) {
    cells.push({ ...defaults, area: 'turns', row: 'sends per turn', column: String(each), job: 'turns', each });
  }
  cells.push(
    { ...defaults, area: 'latency', row: 'one in flight', column: '16 B', job: 'latency' },
    { ...defaults, area: 'handshakes', row: 'handshakes', column: '', job: 'handshakes' },
    {
      ...defaults,
      area: 'handshakes',
      row: 'handshakes, TLS resumed',
      column: '',
      job: 'handshakes',
      secure: true,
      clients: ['ohos-websocket', 'ws', 'raw'],
    },
    ...delayAndFirst(quick),
    ...compression(quick),
    {
      ...defaults,
      area: 'memory',
      row: 'idle connection',
      column: '',
      job: 'memory',
      connections: quick ? 1000 : 3000,
      rounds: quick ? 1 : 3,
    },
    {
      ...defaults,
      area: 'import',
      row: 'import',
      column: '',
      job: 'import',
      clients: packages,
    },
    ...traffic('wss', quick ? [KiB] : [16, KiB, 16 * KiB, MiB], true, quick ? 1 : 2),
  );
  if (quick) return cells.map(withFewPeers(quick));
  for (const connections of [10, 100, 1000, 10_000]) {
    const column = connections.toLocaleString('en');
    cells.push({
      ...defaults,
      area: 'scaling',
      row: 'connections',
      column,
      job: 'connections',
      connections,
      rounds: 1,
    });
  }
  for (const size of [1, 256, 4 * KiB, 64 * KiB, MiB, 8 * MiB, 64 * MiB]) {
    cells.push({
      ...defaults,
      area: 'scaling',
      row: 'message size',
      column: sizeLabel(size),
      job: 'echo',
      size,
      each: 2,
      rounds: 1,
    });
  }
  return cells.map(withFewPeers(quick));
}
