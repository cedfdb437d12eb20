// The dashboard's components: each is what a ui-template of FlowFuse Dashboard 2.0 accepts, compiles without a warning,
// and renders an empty and a full view of the street. Vue comes with the dashboard; without it the rendering skips.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dashboardParts } from '../../demo/dashboard.ts';
import { emptyOverview, foldOverview, type View, viewOf } from '../../src/overview/index.ts';
import { intervalStart } from '../../src/time/interval.ts';
import { needSharedData } from '../support/shared-data.ts';
import { SyntheticStreet, streetRows } from '../support/synthetic-street.ts';

/** What the dashboard's parser of ui-templates knows; it warns of anything else in the browser's console. */
const ACCEPTED = ['name', 'data', 'computed', 'methods', 'watch', 'mounted', 'unmounted'];
const FROM = '2017-07-10T06:00Z';

interface Component {
  readonly data: () => Record<string, unknown>;
  readonly [key: string]: unknown;
}
interface Vue {
  createSSRApp(component: object): {
    config: { warnHandler?: (text: string) => void; globalProperties: Record<string, unknown> };
  };
}
interface Renderer {
  renderToString(app: unknown): Promise<string>;
}

const parts = dashboardParts().filter((part) => part.topic !== null);
const section = (format: string, tag: string) =>
  format.slice(format.indexOf(`<${tag}>`) + tag.length + 2, format.lastIndexOf(`</${tag}>`));

async function componentOf(format: string): Promise<Component> {
  const module: { default: Component } = await import(
    `data:text/javascript,${encodeURIComponent(section(format, 'script'))}`
  );
  return module.default;
}

function vue(test: Mocha.Context): Vue & Renderer {
  try {
    const load = createRequire(createRequire(import.meta.url).resolve('@flowfuse/node-red-dashboard/package.json'));
    return { ...(load('vue') as Vue), ...(load('vue/server-renderer') as Renderer) };
  } catch {
    return test.skip();
  }
}

async function render(vue: Vue & Renderer, format: string, payload: unknown, chosen = ''): Promise<string> {
  const component = await componentOf(format);
  const data = () => ({ ...component.data(), view: payload, chosen, width: 360, id: 'widget' });
  const app = vue.createSSRApp({ ...component, data, template: section(format, 'template') });
  const warnings: string[] = [];
  app.config.warnHandler = (text) => warnings.push(text);
  app.config.globalProperties['$vuetify'] = { theme: { current: { dark: false } } };
  const html = await vue.renderToString(app);
  assert.deepEqual(warnings, []);
  return html;
}

describe('dashboard components', () => {
  it('exist for every section of the view, and one style sheet', () => {
    const topics = dashboardParts().map((part) => part.topic);
    assert.deepEqual(topics, [null, ...Object.keys(viewOf(emptyOverview(), 0))]);
  });

  for (const { topic, format } of parts) {
    it(`${topic}: uses only what a ui-template accepts`, async () => {
      const component = await componentOf(format);
      assert.deepEqual(
        Object.keys(component).filter((key) => !ACCEPTED.includes(key)),
        [],
      );
      const script = section(format, 'script').trim();
      assert.ok(script.startsWith('export default {') && script.endsWith('};'), 'nothing beside the export');
      // The browser parses the template as HTML first, which lowers the case of bound names and ignores `/>`.
      assert.doesNotMatch(section(format, 'template'), /\s(?::|v-bind:|@)[a-z-]*[A-Z]/);
      assert.doesNotMatch(section(format, 'template'), /<(?:div|span|p|i|b|button|template|li|td)\b[^>]*\/>/);
      assert.doesNotMatch(format, /https?:\/\//, 'works without a network');
    });
  }
});

describe('dashboard components in Vue', () => {
  let full: View;

  before(function () {
    globalThis.window ??= { innerWidth: 360 } as typeof globalThis.window;
    const rows = streetRows(readFileSync(needSharedData(this, 'demo/street.csv'), 'utf8'), FROM, 40);
    const street = new SyntheticStreet(rows[0]!);
    const messages = [
      street.community(),
      ...rows.flatMap((row) => [street.clock(intervalStart(row.interval) + 600_000), ...street.interval(row)]),
    ];
    messages.push(street.verification(), street.proof(100));
    full = viewOf(
      messages.reduce((state, message) => foldOverview(state, message, 0), emptyOverview()),
      0,
    );
  });

  after(() => {
    Reflect.deleteProperty(globalThis, 'window');
  });

  for (const { topic, format } of parts) {
    it(`${topic}: says what will appear, first without a view and then with an empty one`, async function () {
      const loaded = vue(this);
      const empty = viewOf(emptyOverview(), intervalStart(FROM));
      assert.match(await render(loaded, format, null), /appears? here/);
      assert.match(await render(loaded, format, empty[topic as keyof View]), /appears? here/);
    });

    it(`${topic}: shows a street, with a member chosen and without`, async function () {
      const loaded = vue(this);
      for (const chosen of ['', 'home-07', 'bakery', 'someone-gone']) {
        const html = await render(loaded, format, full[topic as keyof View], chosen);
        assert.doesNotMatch(html, /appears? here|NaN|undefined|Infinity|\[object|>null</);
      }
    });
  }

  it('gives statement lines that add up as they are shown', async function () {
    vue(this);
    const component = await componentOf(parts.find((part) => part.topic === 'members')!.format);
    const { addingUp } = component['methods'] as { addingUp(amounts: number[], unit: number): number[] };
    assert.deepEqual(addingUp([150_000, 150_000, -49_999], 100_000), [2, 1, 0]);
    assert.deepEqual(addingUp([], 100_000), []);
  });
});
