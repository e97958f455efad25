/** What of the packed package's specs fails on Bun and Deno, and why: compared with each run of `make runtimes`. */

/** How many specs of a file fail; `all` when it cannot be run to its end, `hangs` when it does not end. */
export type Failing = number | 'all' | 'hangs' | 'sometimes';

/** File in `spec` -> how many of it fail, and why. */
type Known = Readonly<Record<string, readonly [failing: Failing, reason: string]>>;

// What is Node's own, or of the runner of specs.
const inside = 'looks into the runtime: modules of Node that are loaded, --expose-gc, the inspector';
const uncaught =
  "tries uncaught exceptions, which bun test counts as failures, whoever listens for 'uncaughtException'";
const nodeEval = 'gives a program to `node --input-type=module --eval` with other flags of Node';
const stack = 'the runtime prints where an uncaught exception was thrown last, not its own stack';

// What the table of `lib/api/README.md` says that the runtime lacks.
const noHooks = 'Bun has no hooks for module names';
const staticImports = 'Deno resolves static imports before a module of `--import` can hook them';
const keyLog = "the runtime has no event 'keylog' for TLS secrets";
const dictionary = "Deno's zlib has no dictionaries for raw data: the spec's peer, and how small large messages get";
const noReset = 'Deno does not reset a connection, and what waits for the reset waits forever';

export const knownFailures: Readonly<Record<'bun' | 'deno', Known>> = {
  bun: {
    'api/core-on-demand': [1, inside],
    'api/process': [1, stack],
    'api/send-receipts': [1, uncaught],
    'faults/system': [1, 'Bun reports a lack of file descriptors as a refused connection'],
    'kit/programs': [5, noHooks],
    'field/large-messages': [
      'sometimes',
      'its collector leaves pieces that were read for later: the process grows by all of them',
    ],
    'kit/readme': [2, noHooks],
    'kit/register': [6, noHooks],
    'protocol/session': ['all', inside],
    'relay/relay': [1, 'bun test counts the rejection of a peer that was given up as a failure'],
    'trace/trace': [1, 'Bun starts workers without the module of --import'],
    'transport/channels': [1, uncaught],
    'transport/connect': [1, inside],
    'transport/connection': ['all', uncaught],
    'transport/dial/proxy-tunnel': [
      1,
      'Bun drops bytes that came with the head of a proxy; no server of TLS speaks first',
    ],
    'transport/tls/credentials': [5, 'BoringSSL takes small keys, and resumes where OpenSSL refuses to'],
    'transport/tls/key-log': [3, keyLog],
    'web/delivered-message': [
      1,
      "Bun's dispatchEvent takes only events of its own constructor: a delivered one cannot be sent again",
    ],
    'web/message-listeners': ['all', uncaught],
    'web/websocket': [1, "Bun's Blob has a stream of smaller pieces"],
  },
  deno: {
    'api/core-on-demand': [1, inside],
    'api/header': [1, "Deno's Headers joins several Cookie by commas, as the standard has it"],
    'api/process': [3, stack],
    'faults/system': ['hangs', 'starts a program of Node under ulimit, over a channel of Node'],
    'field/large-messages': [
      'sometimes',
      'its collector leaves pieces that were read for later: the process grows by all of them',
    ],
    'field/liveness': ['sometimes', 'Deno fails a write before it has read what a peer said last'],
    'field/tls-proxy': [1, 'Deno resumes no session of TLS'],
    'kit/platform-websocket': ['hangs', 'a server of the spec does not close in Deno'],
    'kit/programs': [5, nodeEval],
    'kit/readme': [2, staticImports],
    'kit/register': [10, staticImports],
    'protocol/deflate/block-encoder': [8, dictionary],
    'protocol/deflate/context': [4, dictionary],
    'protocol/deflate/permessage-deflate': [1, dictionary],
    'protocol/printable': ['all', "Deno's parser refuses an escape of half a character before a whole one"],
    'protocol/framing/stream-start': [1, nodeEval],
    'relay/relay': ['hangs', noReset],
    'relay/replaying': ['hangs', noReset],
    'relay/reset': ['hangs', noReset],
    'trace/trace': [14, nodeEval],
    'transport/connect': [1, inside],
    'transport/dial/addresses': [1, 'Deno has EINVAL for an address that is not on the machine'],
    'transport/dial/dial': ['hangs', 'counts listeners that Node puts on a socket'],
    'transport/dial/race': [2, nodeEval],
    'transport/inbox': ['hangs', 'replaces clocks that Deno does not'],
    'transport/load': [4, nodeEval],
    'transport/next-turn': [1, 'replaces setImmediate, which Deno also replaces for those who have it already'],
    'transport/tls/credentials': [
      16,
      'rustls resumes no session, has nothing below TLS 1.2, and no dates in what it says of a certificate',
    ],
    'transport/tls/files': [1, 'Deno does not trust an intermediate without its root'],
    'transport/tls/key-log': [3, keyLog],
    'transport/tls/pem': [1, 'Deno sends an empty server name'],
    'transport/tls/regular-file': [2, 'Deno has an error without a code for a socket that is opened as a file'],
    'web/delivered-message': [
      2,
      "Deno's dispatchEvent takes only events of its own constructor, and shows them otherwise",
    ],
    'web/events': [1, "Deno's CloseEvent goes by the name of Event"],
    'web/message-listeners': [2, 'counts uncaught exceptions, which Deno tells of on its own; Deno has other times'],
  },
};
