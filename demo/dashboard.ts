// The dashboard's sections as texts for FlowFuse Dashboard 2.0 `ui-template` nodes. A ui-template can import nothing, so
// the methods that all sections share are written into each of them here.
import { readFileSync } from 'node:fs';

export interface DashboardPart {
  /** Section of the view that this part shows: the topic of the messages it takes; null for the style sheet. */
  readonly topic: string | null;
  readonly title: string;
  /** For the ui-template: a component in a group, or a style sheet of the page. */
  readonly templateScope: 'local' | 'page:style';
  /** Columns of twelve that its group takes on a desk. */
  readonly width: number;
  readonly format: string;
}

const SECTIONS = [
  { topic: 'now', title: 'Now', width: 12 },
  { topic: 'today', title: 'Today', width: 7 },
  { topic: 'auction', title: 'Last auction', width: 5 },
  { topic: 'members', title: 'Members', width: 7 },
  { topic: 'question', title: 'The honest question', width: 5 },
  { topic: 'ledger', title: 'Ledger', width: 12 },
] as const;

/**
 * Settings that the ui-template nodes need: the topic of an action passes only if it is named here, and a section that
 * arrives must not run on to the commands.
 */
export const NODE_SETTINGS = { topic: 'topic', topicType: 'msg', passthru: false } as const;

/** Settings of the page: one column up to 1023 px, because sections of 7 and 5 columns fit only into 12. */
export const PAGE_BREAKPOINTS = [
  { name: 'Phone', px: '0', cols: '3' },
  { name: 'Desk', px: '1024', cols: '12' },
] as const;

const PLACE = '    /* shared methods */\n';

/** @param read text of a file in demo/dashboard; by default from disk @throws Error when a section has no place for the shared methods */
export function dashboardParts(read: (file: string) => string = readDashboardFile): DashboardPart[] {
  const shared = methodsOf(read('shared.js'));
  const sections = SECTIONS.map(({ topic, title, width }): DashboardPart => {
    const text = read(`${topic}.vue`);
    if (!text.includes(PLACE))
      throw new Error(`demo/dashboard/${topic}.vue has no line "${PLACE.trim()}" in its methods`);
    return { topic, title, width, templateScope: 'local', format: text.replace(PLACE, () => shared) };
  });
  return [
    { topic: null, title: 'Style', width: 0, templateScope: 'page:style', format: read('style.css') },
    ...sections,
  ];
}

/** What stands between the braces of `export default { ... };`. */
function methodsOf(text: string): string {
  const start = text.indexOf('export default {\n') + 'export default {\n'.length;
  return text.slice(start, text.lastIndexOf('};'));
}

function readDashboardFile(file: string): string {
  return readFileSync(new URL(`dashboard/${file}`, import.meta.url), 'utf8');
}
