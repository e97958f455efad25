/** The style sheet of the audit page. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --paper: #fff; --ink: #1b2330; --soft: #5b6678; --line: #dfe3ea;
  --pass: #1a7f4b; --fail: #c22f2f; --warning: #a86500; --unseen: #6b7686;
  --sent: #e9f0fc; --received: #f1f3f6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161d; --paper: #1a2029; --ink: #e4e8ef; --soft: #9aa5b5; --line: #2e3744;
    --pass: #4cc38a; --fail: #ff7b72; --warning: #e3a33b; --unseen: #8b96a6;
    --sent: #1d2b45; --received: #242c38;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 24px 64px; }
code, pre { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 0.9em; }
a { color: inherit; }
small { color: var(--soft); font-weight: normal; }
h1 { margin: 0 0 8px; font-size: 26px; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 48px 0 16px; font-size: 21px; }
h3 { margin: 28px 0 8px; font-size: 16px; }
dl { margin: 0; }
dl > div { display: flex; gap: 12px; }
dt { flex: 0 0 80px; color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
header .kind { margin: 0; color: var(--soft); letter-spacing: 0.02em; }
header .verdict { margin: 0 0 16px; font-size: 18px; font-weight: 600; }
p.verdict.pass { color: var(--pass); }
p.verdict.fail { color: var(--fail); }
p.verdict.warning { color: var(--warning); }
.overview { display: grid; grid-template-columns: 250px 1fr; gap: 16px; margin-top: 28px; }
.cards { display: grid; grid-template-columns: 1fr 1fr; gap: 12px; }
.card {
  background: var(--paper);
  border: 1px solid var(--line);
  border-radius: 8px;
  padding: 14px 16px;
  display: flex;
  flex-direction: column;
  justify-content: center;
}
.card b { font-size: 30px; line-height: 1.1; }
.card span { color: var(--soft); }
.card.pass b { color: var(--pass); } .card.fail b { color: var(--fail); }
.card.zero b { color: var(--soft); }
.card.warning b { color: var(--warning); } .card.unseen b { color: var(--unseen); }
table {
  border-collapse: collapse;
  width: 100%;
  background: var(--paper);
  border: 1px solid var(--line);
  border-radius: 8px;
}
th, td { text-align: left; padding: 6px 12px; border-top: 1px solid var(--line); vertical-align: top; }
thead th { border-top: 0; color: var(--soft); font-weight: 500; font-size: 13px; }
.matrix { align-self: start; }
.matrix td, .matrix thead th { text-align: right; white-space: nowrap; }
.matrix th[scope="row"] { font-weight: 500; white-space: nowrap; }
.matrix .wide { width: 34%; vertical-align: middle; }
.matrix td.zero { color: var(--soft); }
td.pass { color: var(--pass); }
td.fail { color: var(--fail); font-weight: 700; }
td.warning { color: var(--warning); font-weight: 700; }
.bar { display: flex; height: 8px; gap: 2px; border-radius: 4px; overflow: hidden; }
.bar i { display: block; }
.bar .pass { background: var(--pass); } .bar .fail { background: var(--fail); }
.bar .warning { background: var(--warning); } .bar .unseen { background: var(--unseen); }
.badge {
  display: inline-block;
  padding: 1px 8px;
  border-radius: 10px;
  border: 1px solid currentColor;
  font: 600 12px/18px system-ui, sans-serif;
  white-space: nowrap;
}
.badge.pass { color: var(--pass); }
.badge.fail { color: var(--paper); background: var(--fail); border-color: var(--fail); }
.badge.warning { color: var(--warning); } .badge.unseen { color: var(--unseen); }
.none { color: var(--soft); }
.finding {
  background: var(--paper);
  border: 1px solid var(--line);
  border-left: 4px solid var(--warning);
  border-radius: 8px;
  padding: 14px 20px 18px;
  margin-bottom: 16px;
}
.finding.fail { border-left-color: var(--fail); }
.finding summary { cursor: pointer; }
.finding summary h3 { display: inline; margin: 0 0 0 10px; overflow-wrap: anywhere; }
.finding summary + div { margin-top: 8px; }
.finding > h3 { margin: 0; display: flex; gap: 10px; align-items: center; overflow-wrap: anywhere; }
.filter { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 0 0 16px; padding: 8px 14px; border: 1px solid var(--line);
  border-radius: 8px; }
.filter legend { color: var(--soft); padding: 0 6px; }
.filter label:has(:disabled) { color: var(--soft); }
.all:has(#show-fail:checked) tbody tr:not(.fail), .all:has(#show-warning:checked) tbody tr:not(.warning),
.all:has(#show-unseen:checked) tbody tr:not(.unseen), .all:has(#show-pass:checked) tbody tr:not(.pass),
.all:has(#show-fail:checked) .part:not(:has(tr.fail)), .all:has(#show-warning:checked) .part:not(:has(tr.warning)),
.all:has(#show-unseen:checked) .part:not(:has(tr.unseen)), .all:has(#show-pass:checked) .part:not(:has(tr.pass)) {
  display: none;
}
.rule { margin: 0 0 10px; font-weight: 500; }
.level { color: var(--soft); font-weight: normal; }
.timeline { list-style: none; margin: 16px 0 0; padding: 12px 0 0; border-top: 1px solid var(--line); }
.timeline li {
  display: grid;
  grid-template-columns: 84px 3fr 1fr;
  gap: 0 12px;
  margin: 4px 0;
  align-items: start;
  position: relative;
}
.timeline li.received { grid-template-columns: 84px 1fr 3fr; }
.timeline li.lanes { grid-template-columns: 84px 1fr 1fr; color: var(--soft); font-size: 13px; }
.timeline li.lanes span:last-child { text-align: right; }
.timeline time {
  color: var(--soft);
  font-size: 13px;
  text-align: right;
  line-height: 1.5;
  padding-top: 6px;
  font-variant-numeric: tabular-nums;
  white-space: nowrap;
}
.timeline p { margin: 0; overflow-wrap: anywhere; }
.what { border-radius: 6px; padding: 5px 12px 6px; min-width: 0; }
.what p { font-size: 14px; }
.sent .what { grid-column: 2; grid-row: 1; background: var(--sent); }
.sent .arrow { grid-column: 3; grid-row: 1; }
.received .what { grid-column: 3; background: var(--received); }
.received .arrow { grid-column: 2; text-align: right; }
.arrow { color: var(--soft); font-size: 18px; line-height: 1.6; }
.event .what {
  grid-column: 2 / 4;
  color: var(--soft);
  text-align: center;
  padding: 2px;
  border-top: 1px dashed var(--line);
  border-radius: 0;
}
.what pre { margin: 4px 0 0; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 12.5px; line-height: 1.45; }
.hex { display: block; margin-top: 2px; color: var(--soft); font-size: 12px; overflow-wrap: anywhere; }
.connection { color: var(--soft); }
.probes td:nth-child(2) { white-space: nowrap; }
.probes td:nth-child(3) { font-size: 12.5px; color: var(--soft); padding-top: 8px; }
.probes td:nth-child(4) { min-width: 260px; }
.probes td:nth-child(5) { min-width: 220px; color: var(--soft); overflow-wrap: anywhere; }
.probes small { white-space: nowrap; }
footer { margin-top: 40px; color: var(--soft); font-size: 13px; }
@media (max-width: 760px) {
  main { padding: 20px 14px 48px; }
  .overview { grid-template-columns: minmax(0, 1fr); }
  .matrix .wide { display: none; }
  .matrix th, .matrix td { padding: 6px; }
  .matrix thead th, .matrix th[scope="row"] { white-space: normal; }
  .finding { padding: 12px; }
  .probes thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .probes tbody, .probes tr { display: block; }
  .probes tr { padding: 8px 12px; border-top: 1px solid var(--line); }
  .probes td { display: block; border: 0; padding: 1px 0; min-width: 0; overflow-wrap: anywhere; }
  .probes td:nth-child(1), .probes td:nth-child(3) { display: inline-block; padding-right: 10px; }
  .probes td:nth-child(2) { white-space: normal; }
  .probes td:nth-child(4), .probes td:nth-child(5) { min-width: 0; }
  .timeline li, .timeline li.received { grid-template-columns: 64px 6fr 1fr; }
  .timeline li.received { grid-template-columns: 64px 1fr 6fr; }
}
@media print { body { background: #fff; } .finding, tr { break-inside: avoid; } }
`;
