import type { Cell } from './plan.js';

/** What ohos-websocket has to reach as a ratio to ws: at least, or (of costs) at most. */
export interface Goal {
  readonly atLeast?: number;
  readonly atMost?: number;
}

const bySize: { readonly [row: string]: { readonly [column: string]: number } } = {
  'send text': { '16 B': 35, '125 B': 15, '1 KiB': 12, '16 KiB': 6, '64 KiB': 4.5, '1 MiB': 4 },
  'send binary': { '16 B': 35, '125 B': 30, '1 KiB': 16, '16 KiB': 6, '64 KiB': 4.5, '1 MiB': 4.5 },
  'receive text': { '16 B': 6, '125 B': 4, '1 KiB': 4, '16 KiB': 3, '64 KiB': 3, '1 MiB': 2.8 },
  'receive binary': { '16 B': 1.7, '125 B': 2, '1 KiB': 2, '16 KiB': 2.6, '64 KiB': 1.9, '1 MiB': 1 },
  'echo text': { '16 B': 8, '125 B': 7, '1 KiB': 6, '16 KiB': 4, '64 KiB': 3, '1 MiB': 3 },
  'send mixed UTF-8': { '1 KiB': 8 },
  'send Chinese UTF-8': { '1 KiB': 8 },
  'receive mixed UTF-8': { '1 KiB': 2.5 },
  'receive Chinese UTF-8': { '1 KiB': 2.5 },
  'sends per turn': { '1': 1.2, '4': 3, '16': 6, '64': 25 },
  handshakes: { '': 1.5 },
};

const atMost: { readonly [row: string]: number } = { 'one in flight': 1, 'idle connection': 0.6, import: 0.4 };

/** The goal of a cell, none where there is none. */
export function goalOf(cell: Pick<Cell, 'row' | 'column' | 'secure'>): Goal | undefined {
  const most = atMost[cell.row];
  if (most !== undefined) return { atMost: most };
  const least = cell.secure ? 1.5 : bySize[cell.row]?.[cell.column];
  return least === undefined ? undefined : { atLeast: least };
}

/** `≥ 35` or `≤ 0.6`. */
export function goalLabel(goal: Goal): string {
  return goal.atLeast === undefined ? `≤ ${goal.atMost}` : `≥ ${goal.atLeast}`;
}
