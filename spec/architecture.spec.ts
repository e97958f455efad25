/** Holds the rules of the house: what may import what, what may be shared, how long, how named, and where its spec is. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { globalNames, readSources, root, type Source } from './sources.js';

const sources = readSources();
const byFile = new Map(sources.map((source) => [source.file, source]));

/** Every list of exceptions is compared whole: an entry that is no longer needed fails like one that is missing. */
function onlyThese(found: Iterable<string>, listed: Iterable<string>): void {
  const [there, expected] = [new Set(found), new Set(listed)];
  const more = [...there].filter((one) => !expected.has(one)).map((one) => `not on the list: ${one}`);
  const less = [...expected].filter((one) => !there.has(one)).map((one) => `on the list, not needed: ${one}`);
  assert.ok(more.length + less.length === 0, [...more, ...less].join('\n'));
}

/** Bottom to top: each layer, and the layers that it may import, types included. */
const layers: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  transport: ['protocol'],
  trace: ['protocol'],
  audit: ['protocol'],
  echo: ['protocol'],
  api: ['protocol', 'transport'],
  relay: ['api', 'protocol', 'trace', 'transport'],
  'index.ts': ['api'],
  kit: ['api'],
  web: ['api', 'protocol', 'transport'],
  cli: ['api', 'audit', 'echo', 'index.ts', 'protocol', 'relay', 'trace', 'transport'],
};

/**
 * Bottom to top inside a layer: each folder, and each file of the layer itself that a folder needs. Whatever else lies in
 * the layer itself is above them.
 */
const floors: Readonly<Record<string, readonly string[]>> = {
  protocol: [
    'printable.ts',
    'secrets.ts',
    'rules.ts',
    'observed-rules.ts',
    'sentence.ts',
    'socks',
    'text',
    'closing',
    'http',
    'framing',
    'messages',
    'handshake',
    'contracts.ts',
    'session.ts',
    'deflate',
    'recording',
  ],
  transport: ['environment.ts', 'failure.ts', 'load.ts', 'next-turn.ts', 'dial/host.ts', 'tls', 'dial'],
  audit: [
    'probe.ts',
    'overheard.ts',
    'raw-connection.ts',
    'refusal.ts',
    'probe-run.ts',
    'exchange.ts',
    'ask.ts',
    'survival.ts',
    'comparison.ts',
    'way.ts',
    'probes',
    'reports',
    'explore.ts',
    'client',
  ],
  cli: [
    'command-text.ts',
    'command.ts',
    'connection-options.ts',
    'link.ts',
    'interrupted.ts',
    'terminal.ts',
    'audit',
    'bench',
    'completion',
    'connect',
    'relay',
  ],
};

const layerOf = (file: string): string => file.split('/')[0]!;
const filesOf = (layer: string): Source[] => sources.filter(({ file }) => layerOf(file) === layer);

/** The place of a file on the floors of its layer; those that are not listed are above the others. */
function floorOf(file: string): number {
  const listed = floors[layerOf(file)] ?? [];
  const place = file.slice(layerOf(file).length + 1);
  const own = listed.indexOf(place);
  if (own >= 0) return own;
  const folder = listed.indexOf(place.slice(0, place.indexOf('/')));
  return folder >= 0 ? folder : listed.length;
}

/** Whether a file lies in the layer itself, not in a folder of it. Among themselves those need no order: see the circles. */
const isOfLayer = (file: string): boolean => file.split('/').length <= 2;

interface Arrow {
  readonly from: string;
  readonly to: string;
}

const arrows: readonly Arrow[] = sources.flatMap(({ file, imports }) =>
  imports.flatMap(({ target }) => (target === undefined ? [] : [{ from: file, to: target }])),
);
const shown = ({ from, to }: Arrow): string => `${from} -> ${to}`;

describe('imports point only downwards, those of types and those of a call to import() included', () => {
  it('every folder of lib has a row', () => {
    onlyThese(
      sources.map(({ file }) => layerOf(file)),
      Object.keys(layers),
    );
    const folders = sources.flatMap(({ file }) => (file.split('/').length > 2 ? [file.split('/', 2).join('/')] : []));
    const rows = Object.entries(floors).flatMap(([layer, places]) =>
      places.filter((place) => !place.endsWith('.ts')).map((place) => `${layer}/${place}`),
    );
    onlyThese(folders, rows);
    for (const { file } of sources) assert.ok(file.split('/').length <= 3, `${file} is a folder deeper than the rows`);
  });

  it('every import is a file of lib or a module of Node: there is no runtime dependency', () => {
    for (const { file, imports } of sources) {
      for (const { specifier, target } of imports) {
        if (target === undefined) assert.match(specifier, /^node:/, file);
        else assert.ok(byFile.has(target), `${file} imports ${specifier}, which is not a file`);
      }
    }
  });

  it('a layer imports the layers of its row, and a floor those below it', () => {
    const wrong = arrows.filter(({ from, to }) => {
      if (layerOf(from) !== layerOf(to)) return !layers[layerOf(from)]!.includes(layerOf(to));
      return !(isOfLayer(from) && isOfLayer(to)) && floorOf(to) > floorOf(from);
    });
    onlyThese(wrong.map(shown), []);
  });

  it('a row allows nothing that is not needed, and is below what it allows to import it', () => {
    const rows = Object.keys(layers);
    for (const [layer, allowed] of Object.entries(layers)) {
      for (const below of allowed) {
        assert.ok(rows.indexOf(below) < rows.indexOf(layer), `the row of ${layer} is above that of ${below}`);
        const needed = arrows.some(({ from, to }) => layerOf(from) === layer && layerOf(to) === below);
        assert.ok(needed, `strike ${below} from the row of ${layer}`);
      }
    }
    for (const [layer, places] of Object.entries(floors)) {
      for (const place of places.filter((name) => name.endsWith('.ts'))) {
        const file = `${layer}/${place}`;
        const needed = arrows.some(({ from, to }) => to === file && !isOfLayer(from));
        assert.ok(needed, `no folder of ${layer} needs ${place}: strike it from the floors`);
      }
    }
  });

  it('there is no circle', () => {
    onlyThese(
      circles().map((files) => files.join(', ')),
      [],
    );
  });
});

/** The groups of files that reach each other, by Tarjan's algorithm. */
function circles(): string[][] {
  const found: string[][] = [];
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const visit = (file: string): void => {
    index.set(file, index.size);
    low.set(file, index.get(file)!);
    stack.push(file);
    for (const { target } of byFile.get(file)?.imports ?? []) {
      if (target === undefined || !byFile.has(target)) continue;
      if (!index.has(target)) visit(target);
      if (stack.includes(target)) low.set(file, Math.min(low.get(file)!, low.get(target)!));
    }
    if (low.get(file) !== index.get(file)) return;
    const group = stack.splice(stack.indexOf(file));
    if (group.length > 1) found.push(group.sort());
  };
  for (const { file } of sources) if (!index.has(file)) visit(file);
  return found;
}

const nodeModules = (source: Source): string[] =>
  source.imports.flatMap(({ specifier, target, loaded }) =>
    target === undefined && loaded !== 'never' ? [specifier] : [],
  );

describe('lib/protocol is pure', () => {
  const pure = ['node:buffer', 'node:crypto', 'node:zlib'];
  const outside =
    /\b(process|globalThis|console|performance|Date|Math\.random|set(Timeout|Interval|Immediate)|queueMicrotask|require)\b(?=\s*[.(])/;
  for (const source of filesOf('protocol')) {
    it(source.file, () => {
      for (const specifier of nodeModules(source)) assert.ok(pure.includes(specifier), `imports ${specifier}`);
      assert.doesNotMatch(source.code.replace(/'[^'\n]*'|`[^`]*`/g, "''"), outside);
      if (/\bBuffer\.|new Buffer/.test(source.code)) {
        const imported = /import (?:type )?\{[^}]*\bBuffer\b[^}]*\} from 'node:buffer'/;
        assert.match(source.code, imported, 'Buffer is imported, not global');
      }
    });
  }
});

describe('the facade opens no socket, reads no file, sets no timer', () => {
  const outside = ['net', 'tls', 'fs', 'fs/promises', 'dns', 'http', 'https', 'timers'].map((name) => `node:${name}`);
  for (const source of [...filesOf('api'), ...filesOf('index.ts')]) {
    it(source.file, () => {
      for (const specifier of nodeModules(source)) assert.ok(!outside.includes(specifier), `imports ${specifier}`);
      assert.doesNotMatch(source.code, /\b(setTimeout|setInterval|setImmediate|process\.env)\b/);
    });
  }
});

describe('only those who need them load TLS, zlib and files', () => {
  it('importing the entry point loads none of them, and no tool', () => {
    const loaded = new Set<string>();
    const modules = new Set<string>();
    const visit = (file: string): void => {
      if (loaded.has(file)) return;
      loaded.add(file);
      for (const { specifier, target, loaded: how } of byFile.get(file)!.imports) {
        if (how !== 'statically') continue;
        if (target === undefined) modules.add(specifier);
        else visit(target);
      }
    };
    visit('index.ts');
    for (const heavy of ['node:tls', 'node:zlib', 'node:fs', 'node:http', 'node:https'])
      assert.ok(!modules.has(heavy), heavy);
    for (const file of loaded) assert.doesNotMatch(file, /^(audit|cli|echo|kit|trace)\//);
  });
});

describe('what connections share is on a list', () => {
  const shared: Readonly<Record<string, string>> = {
    'api/allowed-domain.ts: normalized':
      'the lists of setAllowedDomains in the one form of hosts, each as long as it lives',
    'api/allowed-domains.ts: allowed': 'what setAllowedDomains was given: it is for the process',
    'api/core-on-demand.ts: loaded': 'the class, once it is loaded',
    'api/send-receipts.ts: spare': 'a pool of receipts, emptied before they are put back',
    'echo/echo-server.ts: keys': 'a pool of random masking keys, each used once',
    'kit/hilog.ts: least': 'what setMinLogLevel was given: it is for the process, as on the platform',
    'kit/specifiers.ts: registered': 'the names that the hooks of the process answer to',
    'protocol/deflate/context.ts: decoder': 'holds nothing between messages, and is large',
    'protocol/deflate/context.ts: encoder': 'holds nothing between messages, and is large',
    'protocol/deflate/context.ts: placesAlone': 'for messages without context takeover; places are compared before use',
    'protocol/deflate/context.ts: receivedAlone': 'for messages without context takeover; forgets before each',
    'protocol/deflate/context.ts: sentAlone': 'for messages without context takeover; forgets before each',
    'protocol/framing/framer.ts: spare': 'a pool of framers, at rest when they are put back',
    'protocol/framing/output.ts: spareSlabs': 'a pool of output buffers; only what was written in them is read',
    'protocol/handshake/extension-list.ts: lexeme': 'a sticky expression: its position is set before each use',
    'protocol/messages/message-store.ts: kept':
      'the memory of the last large text and binary message: it pays fourfold',
    'protocol/text/decoder.ts: decodeMedium': 'compiled at the first text of its size',
    'protocol/text/encoder.ts: shared': 'made at the first text that needs it; holds nothing between calls',
    'protocol/text/utf16-scratch.ts: shared': 'a scratch buffer; holds nothing between calls',
    'transport/channels.ts: connections': 'numbers the connections of the process',
    'transport/channels.ts: loaded': 'loaded when the first subscriber is there',
    'transport/connect.ts: loaded': 'the modules that the first connect loads',
    'transport/session-options.ts: keys': 'a pool of random masking keys, each used once',
    'transport/inbox.ts: readBuffer': 'the one buffer that all sockets are read into; parsed before the next read',
    'transport/inbox.ts: budget': 'the work of the slice that is being taken; set before each',
    'transport/turns.ts: waiting': 'the queue of connections that wait for a turn',
    'transport/turns.ts: isScheduled': 'whether the next turn has been asked for',
    'transport/shared-timer.ts: planned': 'the one timer that connections share',
    'transport/tls/contexts.ts: contexts': 'what OpenSSL made of CAs, for connections that trust the same',
    'transport/tls/files.ts: knownFiles': 'the text of CAs, as long as nothing about their files changes',
    'transport/tls/pem.ts: sound': 'certificates that were looked at before',
    'transport/tls/credentials.ts: sessions': 'TLS sessions, each for the connections with the same options',
  };

  it('whatever in module scope can change has a reason there', () => {
    onlyThese(
      sources.flatMap(({ file, state }) => state.map((name) => `${file}: ${name}`)),
      Object.keys(shared),
    );
  });

  it('no file changes what another exports', () => {
    for (const { file, changes, imports } of sources) {
      for (const { target, names } of imports) {
        if (target === undefined) continue;
        for (const name of names.filter((one) => changes.has(one)))
          assert.ok(shared[`${target}: ${name}`] !== undefined, `${file} changes ${name} of ${target}`);
      }
    }
  });
});

describe('one name, one thing', () => {
  /** The kit repeats the api's names on purpose, as the platform's modules have them; `web` has the standard's. */
  const named = sources.filter(({ file }) => layerOf(file) !== 'kit' && layerOf(file) !== 'web');

  it('no name is exported twice', () => {
    const homes = new Map<string, Set<string>>();
    for (const { file, exported } of named)
      for (const name of exported) homes.set(name, (homes.get(name) ?? new Set()).add(file));
    const doubles = [...homes].flatMap(([name, files]) =>
      files.size > 1 ? [`${name}: ${[...files].join(', ')}`] : [],
    );
    onlyThese(doubles, []);
  });

  it('no exported name is that of a global', () => {
    const documented = ['WebSocket']; // the platform's document names the class
    onlyThese(globalNames(named.flatMap(({ exported }) => exported)), [...documented]);
  });
});

describe('nothing is longer than can be read', () => {
  it('no file has more than 400 lines', () => {
    onlyThese(
      sources.flatMap(({ file, lines }) => (lines > 400 ? [file] : [])),
      [],
    );
  });

  it('no function has more than 60 lines', () => {
    const long = sources.flatMap(({ file, functions }) =>
      functions.flatMap(({ name, lines }) => (lines > 60 ? [`${file}: ${name}`] : [])),
    );
    onlyThese(long, []);
  });
});

describe('specs mirror lib', () => {
  const mirrored = ['protocol', 'transport', 'api', 'web', 'trace', 'audit', 'echo', 'relay', 'cli'];
  const probes = [
    'audit/probes/all',
    'every probe passes on correct servers and finds a server with its fault',
  ] as const;
  const clientProbes = [
    'audit/client/client-probes',
    'every probe passes on our client and finds one with its fault',
  ] as const;
  const reports = ['audit/reports/reports', 'one report in every format'] as const;
  const completion = ['cli/completion/command', 'a script for each shell, run by it'] as const;
  const terminal = ['cli/connect/terminal', 'what is asked on a terminal'] as const;
  const refused = ['cli/connect/no-connection', 'what is said when there is no connection'] as const;
  const decoding = ['protocol/deflate/block-decoder', 'a part of decoding blocks'] as const;
  const encoding = ['protocol/deflate/block-encoder', 'a part of encoding blocks'] as const;
  const session = ['protocol/session', 'a part of a session: what it does is seen in what the session does'] as const;
  const relay = ['relay/relay', 'a part of a relay: what it does is seen in what passes'] as const;
  /** Files without a spec of their own -> the spec that holds them, and why it does. Files of types alone need none. */
  const heldBy: Readonly<Record<string, readonly [spec: string, why: string]>> = {
    'api/additions-bundled.ts': ['api/additions-on-demand', 'its twin for bundlers'],
    'web/channel.ts': ['web/websocket', 'what a WebSocket is behind its attributes and methods'],
    'api/allowed-domain.ts': ['api/allowed-domains', 'the list and the question are one thing to a program'],
    'api/reconnecting-options.ts': ['api/reconnecting', 'the arguments of one function'],
    'api/reconnection.ts': ['api/reconnecting', 'what stands behind the function'],
    'api/waiting-messages.ts': ['api/reconnecting', 'what it does is seen in what is sent'],
    'api/core-bundled.ts': ['api/core-on-demand', 'its twin for bundlers'],
    'cli/command-text.ts': ['cli/command', 'the rows of a command, seen in what is made of them'],
    'cli/commands.ts': ['cli/main', 'the list that the command goes by'],
    'cli/completion/bash.ts': completion,
    'cli/completion/fish.ts': completion,
    'cli/completion/zsh.ts': completion,
    'cli/bench/load-child.ts': ['cli/bench/load-command', 'a process of its own'],
    'cli/bench/load-connection.ts': ['cli/bench/load-worker', 'it lives in a worker'],
    'cli/bench/load-page-style.ts': ['browser/load-page', 'a style is seen in a browser'],
    'cli/bench/load-processes.ts': ['cli/bench/load-command', 'its children are processes'],
    'cli/interrupted.ts': ['cli/echo-server', 'a signal needs a process'],
    'cli/ask-secret.ts': terminal,
    'cli/key-passphrase.ts': terminal,
    'cli/header-file.ts': ['cli/connection-options', 'what an option is read from'],
    'cli/connect/byte-text.ts': ['cli/connect/message-argument', 'what messages are written in'],
    'cli/connect/connections.ts': ['cli/connect/reconnect', 'connections that are lost'],
    'cli/connect/escape.ts': ['cli/connect/stdin-messages', 'what messages are written in'],
    'cli/connect/heartbeat.ts': ['cli/connect/message-argument', 'a message and its time'],
    'cli/connect/options.ts': ['cli/connect/command', 'the rows of the command'],
    'cli/connect/refusal.ts': refused,
    'cli/connect/tls-port.ts': refused,
    'cli/connect/conversation.ts': ['cli/connect/command', 'a conversation needs the streams of a process'],
    'cli/connect/prompt.ts': ['cli/connect/command', 'a prompt needs a terminal'],
    'relay/conversation-reader.ts': relay,
    'relay/played-peer.ts': ['relay/replaying', 'what a replay consists of'],
    'relay/transcript-parts.ts': ['relay/replaying', 'what a replay consists of'],
    'relay/relay-plan.ts': relay,
    'relay/relay-server.ts': relay,
    'relay/relayed-connection.ts': relay,
    'relay/status-line.ts': relay,
    'relay/story.ts': relay,
    'relay/upstream.ts': relay,
    'relay/way.ts': relay,
    'relay/message-reader.ts': ['relay/frame-reader', 'what it reports comes through that'],
    'protocol/deflate/alphabets.ts': decoding,
    'protocol/deflate/bit-writer.ts': encoding,
    'protocol/deflate/inflate-failures.ts': decoding,
    'protocol/deflate/match-finder.ts': encoding,
    'api/connection-controls.ts': ['api/controls', 'what it gives'],
    'api/controlled.ts': ['api/controls', 'how it finds what is behind a WebSocket'],
    'transport/link-facts.ts': ['api/controls', 'what it says of a link'],
    'transport/dial/duplex-like.ts': ['transport/dial/brought-stream', 'what a program may bring'],
    'transport/session-options.ts': ['transport/connection', 'what its session is made with'],
    'protocol/handshake/opening.ts': session,
    'protocol/messages/frame-input.ts': session,
    'transport/dial/parts.ts': ['transport/dial/dial', 'what a dial loads is seen in what it does'],
    'protocol/observed-sender.ts': session,
    'protocol/session-failures.ts': session,
    'audit/frame-summary.ts': ['audit/raw-connection', 'how a connection writes down what passes'],
    'audit/explore.ts': ['audit/audit', 'what an audit begins with'],
    'audit/client/client-deflate.ts': clientProbes,
    'audit/client/client-frames.ts': clientProbes,
    'audit/client/client-handshake.ts': clientProbes,
    'audit/client/client-run.ts': clientProbes,
    'audit/probes/close.ts': probes,
    'audit/probes/deflate-message.ts': probes,
    'audit/probes/deflate-offer.ts': probes,
    'audit/probes/deflate-own.ts': probes,
    'audit/probes/deflate-peer.ts': probes,
    'audit/probes/deflate-refused.ts': probes,
    'audit/probes/frame.ts': probes,
    'audit/probes/handshake-accepted.ts': probes,
    'audit/probes/handshake-refused.ts': probes,
    'audit/probes/handshake-response.ts': probes,
    'audit/probes/limit.ts': probes,
    'audit/probes/message.ts': probes,
    'audit/probes/ping.ts': probes,
    'audit/probes/probe-shapes.ts': probes,
    'audit/probes/request-mutations.ts': probes,
    'audit/probes/utf8.ts': probes,
    'audit/reports/html-style.ts': reports,
    'audit/reports/html.ts': reports,
    'audit/reports/json.ts': reports,
    'audit/reports/junit.ts': reports,
    'audit/reports/sarif.ts': reports,
    'audit/reports/table.ts': reports,
  };

  it('every file has a spec at the mirrored place, or a reason', () => {
    const without = sources.filter(
      ({ file, declaresOnly }) =>
        mirrored.includes(layerOf(file)) &&
        !declaresOnly &&
        !existsSync(`${root}spec/${file.replace(/ts$/, 'spec.ts')}`),
    );
    onlyThese(
      without.map(({ file }) => file),
      Object.keys(heldBy),
    );
  });

  it('the specs that the reasons name are there', () => {
    for (const [spec] of Object.values(heldBy)) assert.ok(existsSync(`${root}spec/${spec}.spec.ts`), spec);
  });
});
