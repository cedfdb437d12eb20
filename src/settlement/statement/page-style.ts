// The look of a statement: for A4 paper first, readable in black and white; on a screen the same sheet, on a phone one column.
// One accent colour, and nothing is told by colour alone.
import { Markup } from './markup.ts';

export const STYLE = new Markup(`
@page { size: A4; margin: 18mm 17mm 20mm;
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; color: #444; } }
* { box-sizing: border-box; }
:root { color-scheme: light; }
body { margin: 0 auto; padding: 10mm 8mm 16mm; max-width: 192mm; background: #fff; color: #111;
  font: 10pt/1.42 "Liberation Sans", Arimo, "Helvetica Neue", Helvetica, Arial, sans-serif;
  font-variant-numeric: tabular-nums; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
header { display: flex; justify-content: space-between; align-items: flex-end; gap: 8mm;
  border-bottom: 1.5pt solid #1c4f8c; padding-bottom: 3mm; }
h1 { margin: 0; font-size: 19pt; line-height: 1.15; letter-spacing: -0.2pt; overflow-wrap: anywhere; }
header p { margin: 0; text-align: right; color: #333; font-size: 9pt; }
header .of { margin: 0 0 0.6mm; font-size: 9.5pt; text-align: left; color: #333; }
.key { display: flex; gap: 4mm; margin: 5mm 0 2mm; break-inside: avoid; }
.key > div { flex: 1; min-width: 0; border: 0.6pt solid #8a94a0; border-radius: 1.2mm; padding: 2.6mm 3.4mm; }
.key > .due { flex: 1.5; border: 1.4pt solid #1c4f8c; }
.key span { display: block; color: #333; font-size: 8.6pt; }
.key b { display: block; font-size: 14pt; line-height: 1.3; white-space: nowrap; }
.key .due b { font-size: 19pt; }
h2 { margin: 7.5mm 0 1.8mm; font-size: 12.5pt; color: #1c4f8c; break-after: avoid; }
p { margin: 0 0 2mm; max-width: 165mm; }
.note { color: #333; font-size: 8.6pt; }
section { break-inside: auto; }
section.whole { break-inside: avoid; }
table { width: 100%; border-collapse: collapse; margin: 0 0 2mm; }
caption { text-align: left; color: #333; font-size: 8.6pt; padding-bottom: 1mm; }
th, td { padding: 0.85mm 1.6mm; text-align: right; vertical-align: baseline; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: normal; }
th:last-child, td:last-child { padding-right: 0; }
thead { display: table-header-group; }
thead th { border-bottom: 0.8pt solid #111; font-size: 8.6pt; font-weight: 600; vertical-align: bottom; }
thead th small { font-weight: 400; color: #333; }
tbody th { font-weight: 400; }
tbody tr { border-bottom: 0.3pt solid #b9c0c8; break-inside: avoid; }
tr.sum { border-top: 0.8pt solid #111; border-bottom: 0; }
tr.sum th, tr.sum td { font-weight: 700; }
tr.due { border-top: 0.8pt solid #111; border-bottom: 2.2pt double #111; }
tr.due th, tr.due td { font-weight: 700; font-size: 11.5pt; padding-top: 1.4mm; padding-bottom: 1.4mm; }
table.days th, table.days td { padding-top: 0.42mm; padding-bottom: 0.42mm; font-size: 9pt; }
td.text, th.text { text-align: left; white-space: normal; }
th.when { white-space: nowrap; }
figure { margin: 1mm 0 0; break-inside: avoid; }
svg { display: block; width: 100%; height: auto; }
code { font: 8.4pt "Liberation Mono", "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
dl { columns: 2; column-gap: 8mm; margin: 0; font-size: 8.8pt; }
dl div { break-inside: avoid; margin-bottom: 1.6mm; }
dt { font-weight: 700; }
dd { margin: 0; }
.notice { max-width: none; border: 1pt solid #111; padding: 1.6mm 3mm; margin: 4mm 0 0; }
@media print { body { padding: 0 0.4mm; max-width: none; } }
@media screen and (max-width: 600px) {
  body { padding: 5mm 4mm; }
  header, .key { display: block; }
  header p { text-align: left; margin-top: 1mm; }
  .key > div { margin-bottom: 2mm; }
  section { overflow-x: auto; }
  svg { min-width: 150mm; }
  th, td { padding-left: 1mm; padding-right: 1mm; font-size: 9pt; }
  thead th, th.when { white-space: normal; }
  th:first-child { min-width: 21mm; }
  td.text { min-width: 30mm; }
  dl { columns: 1; }
}
`);
