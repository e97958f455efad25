/** A report for code hosts: SARIF 2.1.0, a rule for each probe and a result for each finding. */
import { printable, printableJson } from '../../protocol/printable.js';
import { type AuditReport, describeLack, isComplete, type ProbeResult } from '../probe.js';
import { deadliestFirst, describeDeath } from '../survival.js';

/** @param version of this package, e.g. `1.0.0` */
export function renderSarif(report: AuditReport, version: string): string {
  const { url, startedAt, duration, deaths, results } = report;
  const findings = deadliestFirst(report).filter(({ verdict }) => verdict === 'fail' || verdict === 'warning');
  // Code hosts want a place in a file; the URL of what was audited is the best there is.
  const locations = [
    {
      physicalLocation: { artifactLocation: { uri: encodeURI(url).replaceAll('%25', '%') } },
      logicalLocations: [{ fullyQualifiedName: url }],
    },
  ];
  const problems = [...deaths.map(describeDeath), ...(isComplete(results) ? [] : [describeLack(results)])];
  const run = {
    tool: {
      driver: { name: 'ohos-websocket audit', version, rules: [survival, ...results.map(ruleOf)] },
    },
    invocations: [
      {
        executionSuccessful: isComplete(results),
        startTimeUtc: startedAt,
        endTimeUtc: new Date(Date.parse(startedAt) + duration).toISOString(),
        toolExecutionNotifications: problems.map((text) => ({ level: 'error', message: { text } })),
      },
    ],
    results: [
      ...deaths.map((death) => ({
        ruleId: survival.id,
        level: 'error',
        message: { text: describeDeath(death) },
        locations,
        partialFingerprints: { 'probe/v1': [survival.id, ...death.probes].join(' ') },
      })),
      ...findings.map(({ id, verdict, sends, expects, got }) => ({
        ruleId: id,
        level: verdict === 'fail' ? 'error' : 'warning',
        message: { text: printable(`expected ${expects}; got ${got}; sent: ${sends}`) },
        locations,
        partialFingerprints: { 'probe/v1': id },
      })),
    ],
  };
  const $schema = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';
  return `${printableJson({ $schema, version: '2.1.0', runs: [run] }, 2)}\n`;
}

const survival = {
  id: 'survival',
  shortDescription: { text: 'The server goes on answering, whatever a client sends' },
} as const;

function ruleOf({ id, subject = 'server', rule, reference, level }: ProbeResult) {
  const [, document, section] = /^RFC (\d+) §([\d.]+)/.exec(reference) ?? [];
  const help = `https://www.rfc-editor.org/rfc/rfc${document}#section-${section}`;
  return {
    id,
    shortDescription: { text: `${level}: a ${subject} ${rule}` },
    fullDescription: { text: `${level} (${reference}): a ${subject} ${rule}` },
    ...(document === undefined ? {} : { helpUri: help }),
    defaultConfiguration: { level: level === 'MUST' ? 'error' : 'warning' },
  };
}
