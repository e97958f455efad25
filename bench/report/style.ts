/** The page's own style: nothing is loaded. Light or dark as the reader's system is. */
export const style = `
:root { color-scheme: light dark; --ink: #1d2733; --soft: #5d6b7a; --line: #dfe4ea; --paper: #fff;
  --card: #f7f9fb; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e9ef; --soft: #9aa7b5; --line: #313a45; --paper: #14181d; --card: #1b2128; }
}
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 1240px; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.8rem; margin: 0 0 .3rem; } h2 { font-size: 1.25rem; margin: 2.6rem 0 .3rem; }
p { max-width: 76ch; margin: .3rem 0 1rem; } .soft { color: var(--soft); }
.tiles { display: flex; flex-wrap: wrap; gap: .7rem; margin: 1.4rem 0; padding: 0; list-style: none; }
.tiles li { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: .7rem 1rem; flex: 1 1 8.2rem; }
.tiles b { display: block; font-size: 1.55rem; line-height: 1.25; font-variant-numeric: tabular-nums; }
.tiles span { color: var(--soft); font-size: .85rem; }
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(340px, 100%), 1fr)); gap: 1rem; }
.panels > svg { width: 100%; height: auto; background: var(--card); border: 1px solid var(--line);
  border-radius: 8px; }
.overview > svg { width: 100%; height: auto; max-width: 900px; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(340px, 100%), 1fr)); gap: 1rem; max-width: 820px; }
.pair .panels { grid-template-columns: 1fr; } .panels.two { max-width: 820px; }
svg text { fill: var(--ink); font-size: 12px; }
svg .title { font-weight: 600; font-size: 13px; }
svg .tick { fill: var(--soft); font-size: 11px; }
svg .ours { font-weight: 700; }
.grid { stroke: var(--line); }
.reference { stroke: #e69f00; stroke-width: 2; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; max-width: none; font-size: .88rem; }
.legend svg { vertical-align: middle; }
table { border-collapse: collapse; font-size: .86rem; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child, .facts td { text-align: left; } tbody th { color: inherit; font-weight: inherit; }
.facts th { vertical-align: top; }
th { color: var(--soft); font-weight: 600; }
.facts td { white-space: normal; overflow-wrap: anywhere; }
code { font-size: .92em; overflow-wrap: anywhere; }
@media (max-width: 600px) { body { padding: 1.2rem .9rem 3rem; } th, td { padding: .25rem .4rem; } }
`;
