/** The commands of `ohos-websocket`: each with a summary, and loaded only when it is used. */
import type { CommandDirectory } from './command.js';

export const commands: CommandDirectory = {
  connect: {
    summary: 'talk to a server, at a prompt or through pipes',
    elsewhere: ['--connect', '-c'],
    load: async () => (await import('./connect/command.js')).connectCommand,
  },
  audit: {
    summary: 'questions to a server, one per rule of RFC 6455, and a report',
    load: async () => (await import('./audit/command.js')).auditCommand,
  },
  bench: {
    summary: 'how fast your server is, and a load on it',
    load: async () => (await import('./bench/command.js')).benchCommand,
  },
  replay: {
    summary: 'a transcript through a fresh session, compared with it',
    load: async () => (await import('./replay.js')).replayCommand,
  },
  relay: {
    summary: 'between any client and any server: shows what both do, and does harm on request',
    elsewhere: ['proxy', 'mitm', 'sniff'],
    load: async () => (await import('./relay/command.js')).relayCommand,
  },
  'echo-server': {
    summary: 'a strictly conforming echo server, for trying',
    elsewhere: ['--listen', '-l', 'listen', 'serve', 'server'],
    load: async () => (await import('./echo-server.js')).echoServerCommand,
  },
  demo: {
    summary: "the platform document's example, every event printed",
    load: async () => (await import('./demo.js')).demoCommand,
  },
  completion: {
    summary: 'a script with which bash, zsh or fish completes the above',
    load: async () => (await import('./completion/command.js')).completionCommand(commands),
  },
  manual: {
    summary: 'all of this as a man page: ohos-websocket manual | man -l -',
    load: async () => (await import('./manual.js')).manualCommand(commands),
  },
};
