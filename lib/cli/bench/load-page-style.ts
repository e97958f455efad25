/** What the page of a load adds to the style sheet of the audit page. */
export const loadStyle = `
:root { --warning: #8f5600; --one: #1f6fd1; --two: #c2410c; --three: #7a3fb8; --four: #0f766e; --five: #a3246b; --six: #6b5a00; }
@media (prefers-color-scheme: dark) {
  :root { --warning: #e3a33b; --one: #6cb0ff; --two: #ff9d5c; --three: #c49bff; --four: #4fd1c1; --five: #ff8ac4; --six: #d9c24a; }
}
h2 { overflow-wrap: anywhere; }
.cards.load { grid-template-columns: repeat(4, minmax(0, 1fr)); margin: 0 0 16px; }
.cards.load b { font-size: 24px; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin-bottom: 12px; }
.figures td { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.figures th[scope="row"] { font-weight: 500; white-space: nowrap; }
.figures thead th:not(:first-child) { text-align: right; }
.errors .figures td:last-child, .errors .figures th:last-child { text-align: left; }
.errors .figures td:last-child { white-space: normal; min-width: 240px; overflow-wrap: anywhere; }
.plot { margin: 0 0 32px; background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px; }
.plot figcaption { font-weight: 600; }
.legend { list-style: none; margin: 4px 0 10px; padding: 0; display: flex; flex-wrap: wrap; gap: 2px 18px; color: var(--soft); }
.legend li { overflow-wrap: anywhere; min-width: 0; }
.legend i { display: inline-block; width: 18px; height: 3px; margin-right: 8px; vertical-align: middle; border-radius: 2px; }
.axes { display: grid; grid-template-columns: 72px minmax(0, 1fr); grid-template-rows: 240px 22px; }
.axes svg { width: 100%; height: 240px; overflow: visible; }
.axes .y, .axes .x { position: relative; color: var(--soft); font-size: 12px; line-height: 16px; }
.axes .y span { position: absolute; right: 8px; transform: translateY(50%); white-space: nowrap; }
.axes .x { grid-column: 2; }
.axes .x span { position: absolute; top: 4px; transform: translateX(-50%); white-space: nowrap; }
.axis { margin: 2px 0 8px; color: var(--soft); font-size: 13px; text-align: right; }
.grid { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.shade { fill: var(--received); }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; vector-effect: non-scaling-stroke; }
${['one', 'two', 'three', 'four', 'five', 'six'].map((name) => `.line.${name} { stroke: var(--${name}); } i.${name} { background: var(--${name}); }`).join('\n')}
.axes .x .end { transform: translateX(-100%); }
@media (max-width: 760px) {
  .cards.load { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .axes { grid-template-columns: 60px minmax(0, 1fr); }
  .axes .x span:nth-child(even):not(:last-child) { display: none; }
}
`;
