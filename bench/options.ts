import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { ClientName } from './clients/names.js';
import { clientNames } from './clients/names.js';
import { areas } from './plan.js';

export const usage = `node dist/bench/main.js [options]

  --quick            fewer sizes and rounds, under two minutes
  --only a,b         of: ${areas.join(', ')}, codec
  --clients a,b      of: ${clientNames.join(', ')}
  --rounds n         rounds of ohos-websocket and ws at most, while there is time (default 3)
  --compare rev      measure the working tree against another revision instead, and judge each row
  --prototype file   the prototype's module (default $OHOS_WEBSOCKET_PROTOTYPE, else ../shared/prototype/prototype.mjs)
  --node version     run --compare on another Node that make matrix has fetched: 20.19, 22, 24, 26
  --minutes n        how long it may take (default 25; --quick 2, --compare with --only 5)
  --this-node        leave out the other Nodes that make matrix has fetched (as --quick does)
  --fetch            get Bun, Deno and the other Node from npm first, into the cache of make matrix
  --json             print the results as JSON instead of a table
  --help             this text`;

export interface Options {
  readonly quick: boolean;
  readonly fetch: boolean;
  readonly json: boolean;
  readonly help: boolean;
  readonly rounds: number;
  readonly clients: readonly ClientName[];
  /** The revision to compare with. */
  readonly compare: string | undefined;
  /** The version of the Node that a comparison runs on; the running one without. */
  readonly node: string | undefined;
  readonly minutes: number;
  readonly thisNode: boolean;
  /** Path of the prototype's module, there or not. */
  readonly prototype: string;
  /** Areas to measure; empty for all. */
  readonly only: readonly string[];
}

const besideTheCheckout = fileURLToPath(new URL('../../../shared/prototype/prototype.mjs', import.meta.url));

function list(text: string | undefined, known: readonly string[], option: string): string[] {
  const wanted = text?.split(',') ?? [];
  const unknown = wanted.find((one) => !known.includes(one));
  if (unknown !== undefined) throw new Error(`--${option}: ${unknown} is not one of ${known.join(', ')}`);
  return wanted;
}

/** Reads the command line; throws an error that says what is wrong with it. */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      fetch: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      only: { type: 'string' },
      clients: { type: 'string' },
      rounds: { type: 'string' },
      compare: { type: 'string' },
      node: { type: 'string' },
      minutes: { type: 'string' },
      'this-node': { type: 'boolean', default: false },
      prototype: { type: 'string' },
    },
  });
  const rounds = Number(values.rounds ?? 3);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds: a whole number from 1 on');
  if (values.node !== undefined && values.compare === undefined) throw new Error('--node: only with --compare');
  const minutes = Number(
    values.minutes ??
      (values.compare !== undefined && values.only !== undefined
        ? 5
        : values.quick && values.compare === undefined
          ? 2
          : 25),
  );
  if (!(minutes > 0)) throw new Error('--minutes: a number above 0');
  const clients = list(values.clients, clientNames, 'clients') as ClientName[];
  return {
    quick: values.quick,
    fetch: values.fetch,
    json: values.json,
    help: values.help,
    rounds,
    compare: values.compare,
    node: values.node,
    minutes,
    thisNode: values['this-node'],
    prototype: resolve(values.prototype ?? (process.env['OHOS_WEBSOCKET_PROTOTYPE'] || besideTheCheckout)),
    clients: clients.length === 0 ? clientNames : clientNames.filter((name) => clients.includes(name)),
    only: list(values.only, [...areas, 'codec'], 'only'),
  };
}
