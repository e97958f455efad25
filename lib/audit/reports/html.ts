/** A report as one self-contained page: nothing is fetched, no script runs; it follows the reader's colour scheme. */
import { type Comparison, summarizeComparison, type Trend } from '../comparison.js';
import {
  type AuditReport,
  countVerdicts,
  type Death,
  describeLack,
  type Evidence,
  isComplete,
  type ProbeResult,
  type Section,
  type Verdict,
} from '../probe.js';
import { deadliestFirst, describeDeath } from '../survival.js';
import { describeWay, type WayComparison } from '../way.js';
import type { ComparedReport } from './compared-report.js';
import { style } from './html-style.js';
import { escapeMarkup } from './markup.js';

const sections: Record<Section, string> = {
  handshake: 'Opening handshake',
  frame: 'Frames',
  message: 'Fragmented messages',
  utf8: 'UTF-8',
  ping: 'Ping and pong',
  close: 'Closing',
  limit: 'Limits',
  deflate: 'Compression',
};

const verdicts: readonly Verdict[] = ['fail', 'warning', 'not observable', 'pass'];

const none = '<p class="none">None: every rule that could be observed is kept.</p>';

/** Up to so many findings, each is unfolded. */
const maxOpen = 5;

/** How many steps of a timeline are shown. */
const maxSteps = 40;

export function renderHtml(report: ComparedReport): string {
  const { results, comparison, way } = report;
  const findings = verdicts
    .slice(0, 2)
    .flatMap((verdict) => deadliestFirst(report).filter((result) => result.verdict === verdict));
  const isShort = findings.length <= maxOpen;
  const present = (Object.keys(sections) as Section[]).filter((section) =>
    results.some((one) => one.section === section),
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>WebSocket audit of ${escapeMarkup(report.url)}</title>
<style>${style}</style>
</head>
<body>
<main>
${header(report)}
${overview(results, present)}
<section aria-labelledby="findings">
<h2 id="findings">Findings</h2>
${report.deaths.map(obituary).join('')}${findings.length === 0 ? none : findings.map((one) => finding(one, isShort)).join('')}
</section>
${way === undefined ? '' : theWay(way)}${comparison === undefined ? '' : compared(comparison)}<section class="all" aria-labelledby="probes">
<h2 id="probes">All probes</h2>
${filter(results)}
${present
  .map((section) =>
    sectionTable(
      section,
      results.filter((result) => result.section === section),
    ),
  )
  .join('')}
</section>
<footer>MUST and SHOULD are those of RFC 6455. What the RFC only forbids to the sender, leaving the
reaction to §10.7, is a SHOULD here.</footer>
</main>
</body>
</html>
`;
}

/** Green only for a run that asked what was chosen, of a server that is still there. */
function judgement({ results, deaths }: AuditReport): [verdict: Verdict, sentence: string] {
  const { fail } = countVerdicts(results);
  if (deaths.length > 0)
    return ['fail', `The ${deaths[0]!.subject === 'client' ? 'client died' : 'server stopped answering'}`];
  if (fail > 0) return ['fail', `${fail} of ${results.length} probes failed`];
  if (!isComplete(results)) return ['warning', `Not complete: ${describeLack(results)}`];
  return ['pass', 'No MUST is broken'];
}

function header(report: AuditReport): string {
  const { url, startedAt, duration, capabilities } = report;
  const { text, binary, server } = capabilities;
  const [verdict, sentence] = judgement(report);
  const facts: [string, string][] = [
    [report.results[0]?.subject === 'client' ? 'Client' : 'Server', server ?? 'not named'],
    ['Messages', text === binary ? `text and binary: ${text}` : `text: ${text}, binary: ${binary}`],
    ['Audited', `${startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}, in ${(duration / 1000).toFixed(1)} s`],
  ];
  return `<header>
<p class="kind">WebSocket audit · RFC 6455</p>
<h1>${escapeMarkup(url)}</h1>
<p class="verdict ${slug(verdict)}">${sentence}</p>
<dl>${facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${escapeMarkup(value)}</dd></div>`).join('')}</dl>
</header>`;
}

function overview(results: readonly ProbeResult[], present: readonly Section[]): string {
  const counts = countVerdicts(results);
  const cards = verdicts.map((verdict) => {
    const label = plural(verdict, counts[verdict]);
    return `<div class="card ${counts[verdict] === 0 ? 'zero' : slug(verdict)}"><b>${counts[verdict]}</b><span>${label}</span></div>`;
  });
  const rows = present.map((section) => {
    const here = countVerdicts(results.filter((result) => result.section === section));
    const cells = verdicts.map(
      (verdict) => `<td class="${here[verdict] === 0 ? 'zero' : slug(verdict)}">${here[verdict]}</td>`,
    );
    const name = `<th scope="row"><a href="#${section}">${sections[section]}</a></th>`;
    return `<tr>${name}${cells.join('')}<td class="wide">${bar(here)}</td></tr>`;
  });
  const heads = verdicts.map((verdict) => `<th scope="col">${verdict}</th>`);
  return `<section class="overview" aria-label="Overview">
<div class="cards">${cards.join('')}</div>
<table class="matrix">
<thead><tr><td></td>${heads.join('')}<td class="wide"></td></tr></thead>
<tbody>${rows.join('')}</tbody>
</table>
</section>`;
}

function bar(counts: Record<Verdict, number>): string {
  const parts = verdicts.filter((verdict) => counts[verdict] > 0);
  const stretches = parts.map((verdict) => `<i class="${slug(verdict)}" style="flex:${counts[verdict]}"></i>`);
  return `<div class="bar" aria-hidden="true">${stretches.join('')}</div>`;
}

function obituary(death: Death): string {
  const text = `${badge('fail')}<span>${escapeMarkup(describeDeath(death))}</span>`;
  return `<article class="finding fail"><h3>${text}</h3></article>\n`;
}

/** Its id is inside what folds: who follows a link to it finds it unfolded. */
function finding(result: ProbeResult, isOpen: boolean): string {
  const { id, subject = 'server', verdict, level, reference, rule, sends, expects, got } = result;
  const facts: [string, string][] = [
    ['Sent', sends],
    ['Expected', expects],
    ['Got', got],
  ];
  return `<details class="finding ${slug(verdict)}"${isOpen ? ' open' : ''}>
<summary>${badge(verdict)}<h3><code>${id}</code></h3></summary>
<div id="finding-${id}">
<p class="rule">A ${subject} ${escapeMarkup(rule)}. <span class="level">${level}, ${escapeMarkup(reference)}</span></p>
<dl>${facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${escapeMarkup(value)}</dd></div>`).join('')}</dl>
${timeline(result.evidence, subject)}
</div>
</details>
`;
}

function theWay(way: WayComparison): string {
  const lines = describeWay(way).map((line) => `<li>${escapeMarkup(line)}</li>`);
  return `<section aria-labelledby="way">
<h2 id="way">The way through ${escapeMarkup(way.via)}</h2>
<ul>${lines.join('')}</ul>
</section>
`;
}

const trends: Record<Trend, Verdict> = { worse: 'fail', better: 'pass', otherwise: 'not observable' };

/** What changed since an earlier run, or on another way. */
function compared(comparison: Comparison): string {
  const { label, before, changes, gone, deaths } = comparison;
  const rows = changes.map(({ id, trend, before: earlier, after, got }) => {
    const cells = [
      `<span class="badge ${slug(trends[trend])}">${trend}</span>`,
      `<code>${id}</code>`,
      earlier ?? 'new',
      after,
    ];
    return `<tr>${[...cells, escapeMarkup(got)].map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  const heads = ['Trend', 'Probe', 'Before', 'Now', 'What came'].map((name) => `<th scope="col">${name}</th>`);
  const table = `<table class="probes"><thead><tr>${heads.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
  const about = [before.url, before.startedAt, before.server, before.version && `audit ${before.version}`].filter(
    Boolean,
  );
  const more = [
    ...deaths.map((id) => `Worse: the server dies of <code>${id}</code>`),
    ...(gone.length === 0 ? [] : [`Gone: ${gone.map((id) => `<code>${id}</code>`).join(', ')}`]),
  ];
  return `<section aria-labelledby="compared">
<h2 id="compared">Compared with ${escapeMarkup(label)}</h2>
<p>${escapeMarkup(about.join(', '))}: ${summarizeComparison(comparison)}.</p>
${more.map((line) => `<p>${line}</p>`).join('')}${rows.length === 0 ? '' : table}
</section>
`;
}

/** No script: the style sheet hides the rows of other verdicts than the chosen one. */
function filter(results: readonly ProbeResult[]): string {
  const counts = countVerdicts(results);
  const choice = (name: string, label: string, more: string): string =>
    `<label><input type="radio" name="show" id="show-${name}"${more}> ${label}</label>`;
  const choices = verdicts.map((verdict) =>
    choice(
      slug(verdict),
      `${plural(verdict, counts[verdict])} ${counts[verdict]}`,
      counts[verdict] > 0 ? '' : ' disabled',
    ),
  );
  return `<fieldset class="filter"><legend>Show</legend>${choice('all', `all ${results.length}`, ' checked')}${choices.join('')}</fieldset>`;
}

function timeline(evidence: readonly Evidence[], peer: string): string {
  if (evidence.length === 0) return '';
  const several = evidence.some(({ connection }) => connection > 1);
  const steps = evidence.slice(0, maxSteps).map((step) => timelineStep(step, several));
  if (evidence.length > maxSteps)
    steps.push(`<li class="event"><time></time><p>… and ${evidence.length - maxSteps} more</p></li>`);
  const lanes = `<li class="lanes" aria-hidden="true"><time></time><span>probe</span><span>${peer}</span></li>`;
  return `<ol class="timeline">${lanes}${steps.join('')}</ol>`;
}

function timelineStep(
  { time, connection, direction, kind, summary, text, hex, size }: Evidence,
  several: boolean,
): string {
  const which = several ? `<span class="connection">#${connection}</span> ` : '';
  const more: string[] = [];
  if (kind === 'head' && text !== undefined) more.push(`<pre>${escapeMarkup(text)}</pre>`);
  if (hex !== undefined) more.push(`<code class="hex">${hex}</code>`);
  const bytes = size === undefined ? '' : ` <small>${size} byte${size === 1 ? '' : 's'}</small>`;
  const arrow = direction === 'sent' ? '→' : direction === 'received' ? '←' : '';
  const title = kind !== 'head' ? escapeMarkup(summary) : summary.startsWith('HTTP/') ? 'Response' : 'Request';
  const what = `<div class="what"><p>${which}${title}${bytes}</p>${more.join('')}</div>`;
  const lane = arrow === '' ? '' : `<span class="arrow" aria-label="${direction}">${arrow}</span>`;
  return `<li class="${direction}"><time>${time.toFixed(1)} ms</time>${lane}${what}</li>`;
}

function sectionTable(section: Section, results: readonly ProbeResult[]): string {
  const rows = results.map(({ id, verdict, level, rule, reference, got }) => {
    const name =
      verdict === 'fail' || verdict === 'warning'
        ? `<a href="#finding-${id}"><code>${id}</code></a>`
        : `<code>${id}</code>`;
    const asked = `${escapeMarkup(rule)} <small>${escapeMarkup(reference)}</small>`;
    const cells = [badge(verdict), name, level, asked, escapeMarkup(got)].map((cell) => `<td>${cell}</td>`);
    return `<tr class="${slug(verdict)}">${cells.join('')}</tr>`;
  });
  const names = ['Verdict', 'Probe', 'Level', `A ${results[0]?.subject ?? 'server'} …`, 'What came'];
  const heads = names.map((name) => `<th scope="col">${name}</th>`);
  return `<section class="part" aria-labelledby="${section}">
<h3 id="${section}">${sections[section]} <small>${results.length}</small></h3>
<table class="probes">
<thead><tr>${heads.join('')}</tr></thead>
<tbody>${rows.join('')}</tbody>
</table>
</section>
`;
}

function badge(verdict: Verdict): string {
  return `<span class="badge ${slug(verdict)}">${verdict}</span>`;
}

function plural(verdict: Verdict, count: number): string {
  switch (verdict) {
    case 'pass':
      return 'passed';
    case 'fail':
      return 'failed';
    case 'warning':
      return count === 1 ? 'warning' : 'warnings';
    default:
      return verdict;
  }
}

function slug(verdict: Verdict): string {
  return verdict === 'not observable' ? 'unseen' : verdict;
}
