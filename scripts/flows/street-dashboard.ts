// The dashboard's tab: everything the nodes say is folded into one view, whose sections go to ui-templates of FlowFuse
// Dashboard 2.0. The same page exists twice, light and dark, each with a theme of the dashboard.
import { dashboardParts, NODE_SETTINGS, PAGE_BREAKPOINTS } from '../../demo/dashboard.ts';
import type { FlowBuilder } from './builder.ts';

const PAGES = [
  {
    name: 'light',
    label: 'A street shares its sun',
    path: '/street',
    icon: 'weather-sunny',
    colors: { surface: '#ffffff', primary: '#0d74ce', bgPage: '#f1f3f6', groupBg: '#ffffff', groupOutline: '#dfe3e8' },
  },
  {
    name: 'dark',
    label: 'A street shares its sun (dark)',
    path: '/street-dark',
    icon: 'weather-night',
    colors: { surface: '#11161c', primary: '#4fa8ff', bgPage: '#0d1218', groupBg: '#171e26', groupOutline: '#2b3541' },
  },
] as const;

const SIZES = { density: 'default', pagePadding: '12px', groupGap: '12px', groupBorderRadius: '8px', widgetGap: '8px' };

/** Messages of all nodes arrive at the link-in node `to-overview`; commands leave to nodes of the operator's tab. */
export function buildDashboard(flow: FlowBuilder): void {
  flow.config('ui-base', 'ui-base', {
    name: 'Street',
    path: '/dashboard',
    allowInstall: false,
    includeClientData: true,
    acceptsClientConfig: ['ui-notification', 'ui-control'],
    showPathInSidebar: false,
    headerContent: 'page',
    navigationStyle: 'temporary',
    titleBarStyle: 'default',
  });
  flow.tab(
    'dashboard-tab',
    'Dashboard',
    'Readings, decisions, auctions, settlements and blocks become one view; the browser draws it. Nothing here decides anything.',
  );
  flow.comment('d-c1', 'What all nodes say becomes one view, once a second', 250, 320);
  flow.linkIn('to-overview', 'everything', 95, 400, ['overview']);
  flow.node(
    'overview',
    'microgrid-overview',
    240,
    400,
    { name: 'The street as one view', community: flow.id('community'), everySeconds: '1' },
    [['sections']],
  );
  const parts = dashboardParts();
  const sections = parts.flatMap(({ topic }) => (topic === null ? [] : [topic]));
  flow.node(
    'sections',
    'switch',
    440,
    400,
    {
      name: 'by section',
      property: 'topic',
      propertyType: 'msg',
      rules: sections.map((topic) => ({ t: 'eq', v: topic, vt: 'str' })),
      checkall: 'false',
      repair: false,
      outputs: sections.length,
    },
    sections.map((topic) => PAGES.map((page) => `${topic}-${page.name}`)),
  );
  flow.comment('d-c2', 'What a person presses', 960, 320);
  flow.node(
    'commands',
    'switch',
    940,
    400,
    {
      name: 'by command',
      property: 'topic',
      propertyType: 'msg',
      rules: ['clock', 'verify', 'proof'].map((topic) => ({ t: 'eq', v: topic, vt: 'str' })),
      checkall: 'false',
      repair: false,
      outputs: 3,
    },
    [['clock-out'], ['verify-out'], ['proof-out']],
  );
  flow.linkOut('clock-out', 'pause, speed, reset', 1085, 380, ['clock-commands']);
  flow.linkOut('verify-out', 'verify', 1085, 400, ['verify-in']);
  flow.linkOut('proof-out', 'proof of a record', 1085, 420, ['proof-in']);

  PAGES.forEach(({ name, label, path, icon, colors }, index) => {
    const top = 80 + index * 400;
    flow.comment(`d-c-${name}`, `The page, ${name}`, 670, top);
    flow.config(`theme-${name}`, 'ui-theme', { name, colors, sizes: SIZES });
    flow.config(`page-${name}`, 'ui-page', {
      name: label,
      ui: flow.id('ui-base'),
      path,
      icon,
      layout: 'grid',
      theme: flow.id(`theme-${name}`),
      breakpoints: PAGE_BREAKPOINTS,
      order: index + 1,
      className: '',
      visible: 'true',
      disabled: 'false',
    });
    parts.forEach(({ topic, title, width, templateScope, format }, row) => {
      const y = top + row * 50;
      const template = {
        ui: '',
        order: 1,
        width: '0',
        height: '0',
        head: '',
        format,
        ...NODE_SETTINGS,
        storeOutMessages: true,
        resendOnRefresh: true,
        templateScope,
        className: '',
      };
      if (topic === null) {
        const page = flow.id(`page-${name}`);
        flow.node(`style-${name}`, 'ui-template', 440, top, { ...template, group: '', page, name: `style (${name})` }, [
          [],
        ]);
        return;
      }
      flow.config(`group-${topic}-${name}`, 'ui-group', {
        name: title,
        page: flow.id(`page-${name}`),
        width: String(width),
        height: '1',
        order: row,
        showTitle: false,
        className: '',
        visible: 'true',
        disabled: 'false',
        groupType: 'default',
      });
      const group = flow.id(`group-${topic}-${name}`);
      flow.node(
        `${topic}-${name}`,
        'ui-template',
        690,
        y,
        { ...template, group, page: '', name: `${title} (${name})` },
        [['commands']],
      );
    });
  });
}
