// A horizontal bar chart as SVG. Pure.

export interface Bar {
  readonly label: string;
  /** 0 or more. */
  readonly value: number;
  /** The value as people read it, with its unit. */
  readonly text: string;
}

export interface BarChart {
  readonly title: string;
  readonly bars: readonly Bar[];
}

const WIDTH = 720;
const MARGIN = 16;
const LABEL_WIDTH = 190;
const TEXT_WIDTH = 120;
const ROW_HEIGHT = 30;
const BAR_HEIGHT = 20;
const TITLE_HEIGHT = 40;
const FOOTER_HEIGHT = 30;

/** @param footer - where and when it was measured */
export function renderBarChart({ title, bars }: BarChart, footer: string): string {
  const height = TITLE_HEIGHT + bars.length * ROW_HEIGHT + FOOTER_HEIGHT;
  const largest = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`,
    `  font-family="system-ui, sans-serif" font-size="13" fill="#1f2328">`,
    `  <rect width="100%" height="100%" fill="#ffffff"/>`,
    `  <text x="${MARGIN}" y="25" font-size="15" font-weight="600">${escapeXml(title)}</text>`,
    ...bars.map((bar, index) => renderBar(bar, TITLE_HEIGHT + index * ROW_HEIGHT, largest)),
    `  <text x="${MARGIN}" y="${height - 12}" font-size="11" fill="#59636e">${escapeXml(footer)}</text>`,
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

function renderBar({ label, value, text }: Bar, top: number, largest: number): string {
  const left = MARGIN + LABEL_WIDTH;
  const width = ((WIDTH - left - TEXT_WIDTH) * value) / largest;
  const baseline = top + 15;
  return [
    `  <text x="${left - 8}" y="${baseline}" text-anchor="end">${escapeXml(label)}</text>`,
    `  <rect x="${left}" y="${top}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" rx="2" fill="#0969da"/>`,
    `  <text x="${(left + width + 8).toFixed(1)}" y="${baseline}">${escapeXml(text)}</text>`,
  ].join('\n');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character]!);
}
