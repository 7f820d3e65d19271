/** The style sheet of the report: light and dark by the reader's setting, and black on white on paper. */

export const pageStyle: string = `
:root {
  color-scheme: light dark;
  --paper: #f7f6f3; --sheet: #fff; --ink: #20242c; --soft: #5b6270; --line: #dedbd4;
  --good: #176f45; --bad: #b3212f; --doubt: #87590a; --mark: #fbe3e1; --code: #f0eee9;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14161b; --sheet: #1c1f26; --ink: #e4e2dd; --soft: #9da4b1; --line: #333842;
    --good: #62c796; --bad: #ff8b85; --doubt: #eebb5c; --mark: #4d2427; --code: #262a33;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 var(--sans); }
main, body > header { max-width: 1120px; margin: 0 auto; padding: 0 24px; }
body > header { padding-top: 40px; }
.brand { margin: 0; color: var(--soft); font-size: 12px; letter-spacing: .22em; text-transform: uppercase; }
h1 { margin: 6px 0 0; font-size: 44px; line-height: 1.1; letter-spacing: -.01em; }
.lead { margin: 10px 0 0; font-size: 19px; max-width: 46em; }
.facts { margin: 8px 0 0; color: var(--soft); font-size: 13px; }
.facts span + span::before { content: " · "; }
.is-valid { color: var(--good); } .is-invalid { color: var(--bad); } .is-unknown { color: var(--doubt); }
section { margin: 28px 0; padding: 22px 24px 24px; background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; }
section.of-invalid { border-top: 4px solid var(--bad); }
section.of-unknown { border-top: 4px solid var(--doubt); }
section.of-valid { border-top: 4px solid var(--good); }
h2 { margin: 0; font-size: 24px; line-height: 1.25; overflow-wrap: anywhere; }
h2 small { font-size: 14px; font-weight: 400; color: var(--soft); }
h3 { margin: 26px 0 8px; font-size: 15px; }
p { margin: 8px 0; overflow-wrap: anywhere; }
a { color: inherit; text-underline-offset: 3px; }
code, pre, .mono { font-family: var(--mono); font-size: .92em; }
pre { margin: 8px 0; padding: 10px 12px; background: var(--code); border-radius: 6px; overflow-x: auto; white-space: pre-wrap;
  overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); font-size: 13px; padding-bottom: 4px; }
th, td { padding: 6px 14px 6px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
td.mono, td.what, td.shows { min-width: 15em; overflow-wrap: anywhere; }
thead th { color: var(--soft); font-size: 12px; font-weight: 500; white-space: nowrap; }
tbody th { font-weight: 600; }
table.narrow { width: auto; min-width: min(30em, 100%); }
table.narrow tbody th { font-weight: 400; }
.dense th, .dense td, .narrow th, .narrow td { font-size: 13px; padding: 4px 14px 4px 0; }
.number { text-align: right; white-space: nowrap; }
.keep { white-space: nowrap; }
td.number + td:not(.number), th.number + th:not(.number) { padding-left: 14px; }
.verdict { font-weight: 700; white-space: nowrap; }
.tiles { display: flex; flex-wrap: wrap; gap: 10px 34px; margin: 14px 0 0; padding: 0; }
.tiles div { min-width: 84px; }
.tiles dt { color: var(--soft); font-size: 12px; }
.tiles dd { margin: 0; font-size: 21px; line-height: 1.3; font-variant-numeric: tabular-nums; }
.tiles dd small { font-size: 12px; color: var(--soft); }
.finding { margin: 12px 0; padding: 14px 16px; border: 1px solid var(--line); border-left: 4px solid var(--bad); border-radius: 6px; }
.finding.lawful { border-left-color: var(--line); }
.finding h4 { margin: 0; font-size: 17px; }
.finding h4 span { font-size: 12px; font-weight: 400; color: var(--soft); }
.explained { margin: 2px 0 8px; color: var(--soft); font-size: 13px; }
.witness { margin-top: 10px; }
.witness th, .witness td { font-size: 13px; padding: 4px 14px 4px 0; }
.witness tbody th { font-weight: 500; color: var(--soft); }
.strip caption { padding-top: 10px; }
.witness .what { font-family: var(--mono); font-size: 12px; }
.strip { width: auto; margin: 4px 0; border-collapse: separate; border-spacing: 0; }
.strip th, .strip td { border: 0; padding: 4px 9px; font-size: 12px; text-align: center; white-space: nowrap; }
.strip tbody th { text-align: right; color: var(--soft); font-weight: 400; padding-left: 0; }
.strip td { font-family: var(--mono); background: var(--code); border-right: 1px solid var(--sheet); border-bottom: 1px solid var(--sheet); }
.strip .named { background: var(--mark); font-weight: 700; border-left: 2px solid var(--bad); border-right: 2px solid var(--bad); }
.strip thead .named { border-top: 2px solid var(--bad); color: var(--bad); border-radius: 5px 5px 0 0; }
.strip tbody tr:last-child .named { border-bottom: 2px solid var(--bad); border-radius: 0 0 5px 5px; }
.strip .gap { background: none; color: var(--soft); }
.reasons { margin: 8px 0; padding-left: 0; list-style: none; }
.reasons li { padding: 3px 0 3px 22px; position: relative; overflow-wrap: anywhere; }
.reasons li::before { content: "?"; position: absolute; left: 4px; font-weight: 700; color: var(--doubt); }
figure { margin: 22px 0 0; }
.chart { width: 100%; overflow-x: auto; min-height: 40px; }
.chart svg { display: block; max-width: 100%; height: auto; }
.chart.vega-embed { display: block; padding-right: 0; }
figcaption { color: var(--soft); font-size: 13px; }
details { margin-top: 14px; }
details > summary { cursor: pointer; color: var(--soft); font-size: 14px; }
.vega-embed details { margin: 0; }
footer { max-width: 1120px; margin: 0 auto; padding: 0 24px 40px; color: var(--soft); font-size: 13px; }
@media (max-width: 760px), print {
  section { padding: 14px 14px 16px; }
  th, td { padding: 4px 9px 4px 0; font-size: 12px; }
  .strip th, .strip td { padding: 3px 5px; font-size: 11px; }
  h1 { font-size: 34px; }
}
@media (max-width: 760px) {
  main, body > header { padding: 0 12px; }
  body > header { padding-top: 20px; }
}
@media print {
  :root {
    color-scheme: light;
    --paper: #fff; --sheet: #fff; --ink: #000; --soft: #444; --line: #bbb;
    --good: #176f45; --bad: #b3212f; --doubt: #87590a; --mark: #fbe3e1; --code: #f3f3f3;
  }
  body { font-size: 11px; }
  figure, .finding, tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .scroll { overflow: visible; }
  .vega-actions, .vega-embed summary { display: none !important; }
}
`
