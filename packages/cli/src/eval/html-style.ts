/** Of the report: light and dark, wide and narrow. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1d2430; --dim: #5b6675; --line: #dde2e9; --page: #fbfcfd; --policy: #0b6e4f; --cosine: #b4541a; --mark: #ffe9a8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --dim: #9aa6b5; --line: #313a47; --page: #14181e; --policy: #4cc79b; --cosine: #f0955a; --mark: #5a4a12; } }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 64rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.2rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
.facts, small, figcaption { color: var(--dim); } small { font-size: .8em; white-space: nowrap; }
section { border-top: 1px solid var(--line); margin-top: 2rem; padding-top: 1.5rem; }
.beside { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1.5rem; align-items: start; }
figure { margin: 0; } .curve { width: 100%; height: auto; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); }
thead th { color: var(--dim); font-weight: 500; } tbody th { font-weight: 500; } .text { min-width: 14rem; overflow-wrap: anywhere; }
mark { background: var(--mark); color: inherit; border-radius: 2px; }
summary { cursor: pointer; margin: 1rem 0 .5rem; font-weight: 500; }
.grid line { stroke: var(--line); } .grid text { fill: var(--dim); font-size: 10px; } .upright { transform: rotate(-90deg); }
polyline { fill: none; stroke-width: 2; } polyline.policy { stroke: var(--policy); } polyline.cosine { stroke: var(--cosine); }
circle.policy { fill: var(--policy); } circle.cosine { fill: var(--cosine); } span.policy { color: var(--policy); } span.cosine { color: var(--cosine); }
`;
