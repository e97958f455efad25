/** The data of an audit: what a probe asks, what it finds, and the report that the findings make. */

/** The part of RFC 6455 that a probe belongs to, or RFC 7692 (`deflate`); also the first word of its id. */
export type Section = 'handshake' | 'frame' | 'message' | 'utf8' | 'ping' | 'close' | 'limit' | 'deflate';

/**
 * - `MUST`: RFC 6455 says what a server has to do, or the server itself would send what must not be sent.
 * - `SHOULD`: it is recommended, or the RFC forbids the client to send this and leaves the reaction open (§10.7: data
 *   has to be validated; the connection may be dropped).
 */
export type Level = 'MUST' | 'SHOULD';

/** `fail`: a MUST is broken; `warning`: a SHOULD is, or a MUST is kept in an odd way. */
export type Verdict = 'pass' | 'fail' | 'warning' | 'not observable';

/** What one probe saw. */
export interface Finding {
  readonly verdict: Verdict;
  /** What came, as a sentence fragment. */
  readonly got: string;
}

/** What a probe says about itself. */
export interface Question {
  /** Unique, in lower case with hyphens; starts with the section. */
  readonly id: string;
  readonly section: Section;
  /** Who is asked. Default: a server. */
  readonly subject?: 'server' | 'client';
  /** Where the rule stands, e.g. `RFC 6455 §5.2`. */
  readonly reference: string;
  readonly level: Level;
  /** The rule, as a sentence about the server (or client) without its subject: `answers a ping with …`. */
  readonly rule: string;
  readonly sends: string;
  readonly expects: string;
}

/** One thing that passed, or happened, on a connection of a probe. */
export interface Evidence {
  /** Milliseconds since the probe began. */
  readonly time: number;
  /** Which connection of the probe, from 1. */
  readonly connection: number;
  readonly direction: 'sent' | 'received' | 'event';
  /** `cut`: something was left out, or not read any further. */
  readonly kind: 'head' | 'frame' | 'bytes' | 'end' | 'connected' | 'cut';
  /** One line: `Close 1002 "…"`. */
  readonly summary: string;
  /** The head, with credentials redacted; a frame's payload as text, cut, when it is readable. */
  readonly text?: string;
  /** The first bytes in hexadecimal. */
  readonly hex?: string;
  /** How many bytes there were in all. */
  readonly size?: number;
}

/** A probe with its answer. */
export interface ProbeResult extends Question, Finding {
  readonly evidence: readonly Evidence[];
  /** Milliseconds. */
  readonly duration: number;
}

/** What the server, or client, does with a plain message: the premise of many probes. */
export type Handling = 'echo' | 'accepted' | 'closed';

/** What was found out before the first probe. */
export interface Capabilities {
  readonly text: Handling;
  readonly binary: Handling;
  /** The Server field of the response; of a client, the User-Agent field of its request. */
  readonly server: string | undefined;
  /** It sends messages that nobody asked for, such as a greeting. */
  readonly talks?: true;
}

/** The server stopped answering, or the client died. */
export interface Death {
  /** Who died. Default: the server. */
  readonly subject?: 'client';
  /** How, where that is known: `the command ended with SIGSEGV`. */
  readonly how?: string;
  /** The ids of the probes that can have done it. */
  readonly probes: readonly string[];
  /** Whether the one probe is known to have done it: alone. */
  readonly isProved: boolean;
  /** Whether it answered again within the time. */
  readonly recovered: boolean;
}

export interface AuditReport {
  /** Of this package. */
  readonly version?: string;
  /** Without credentials. */
  readonly url: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Milliseconds. */
  readonly duration: number;
  readonly capabilities: Capabilities;
  /** How often the server died, and of what: the first finding of every report. */
  readonly deaths: readonly Death[];
  readonly results: readonly ProbeResult[];
}

/** Whether at least one question was answered, and half of them: the verdicts say little about a server otherwise. */
export function isComplete(results: readonly ProbeResult[]): boolean {
  const answered = results.length - countVerdicts(results)['not observable'];
  return answered > 0 && answered * 2 >= results.length;
}

/** `none of 201 probes could be asked`, for a run that says little about the rest. */
export function describeLack(results: readonly ProbeResult[]): string {
  const answered = results.length - countVerdicts(results)['not observable'];
  return `${answered === 0 ? 'none' : `only ${answered}`} of ${results.length} probes could be asked`;
}

/** How many results have each verdict. */
export function countVerdicts(results: readonly ProbeResult[]): Record<Verdict, number> {
  const counts = { pass: 0, fail: 0, warning: 0, 'not observable': 0 };
  for (const { verdict } of results) counts[verdict]++;
  return counts;
}
