// The dialogs against the runtime and the catalogues: what a dialog stores is what the runtime reads, what it accepts the
// runtime accepts, every text exists, every output has a label, every help says what a person needs.
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type PayloadType, readPayload, schemas } from '../../nodes/shared/messages.ts';
import {
  type Catalogue,
  loadDefinition,
  lookUp,
  newNode,
  readCatalogue,
  readNodeFile,
  translator,
} from '../support/editor.ts';
import { complaintOf, configKeys } from '../support/runtime-config.ts';
import { projectRoot } from '../support/source.ts';

const types = readdirSync(join(projectRoot, 'nodes')).filter(
  (name) => name.startsWith('microgrid-') && !name.includes('.'),
);
const FAMILY: Readonly<Record<string, string>> = {
  '#4F8073': 'virtual-site meter reading battery modbus',
  '#A8743A': 'order market prices tariff settle allocation balance statement',
  '#5A6A9C': 'ledger ledger-append ledger-read ledger-verify ledger-share replica outbox witness cheat',
  '#6B7885': 'community member interval overview',
};

/** Texts that people type, right and wrong, tried in every field that is checked. */
const TYPED = [
  ...['', ' ', '0', '1', '5', '14', '14.5', '50', '100', '101', '255', '256', '1000', '1001', '65535', '65536', '1e3'],
  ...['-1', '-5,5', '0,1', '0.1', '0.01', '0.05', '0.0001', '0.00001', '2.5', '99.9', '600', '3600', '3601', '86400'],
  ...['100000', '100001', '1000000', '1000001', '1000000000', '12345678901234', 'NaN', 'five', '5 kW', '０'],
  ...[
    'home-01',
    'Home 1',
    '-home',
    'a'.repeat(63),
    'a'.repeat(64),
    'sunny-street.example',
    'sunny',
    'a..b',
    'EUR',
    'eur',
  ],
  ...['2017-07-10T06:00Z', '2017-07-10T06:15Z', '2017-07-10 06:00', '2017-13-10T06:00Z', '2017-02-31T06:00Z'],
  ...['real', 'simulated', 'grid', 'pv', 'csv', 'street', 'records', 'operator', 'uniform-price/1', 'order', 'coffee'],
];

/** Checks that the runtime makes only once the other nodes are there, so that this test does not see them. */
const STRICTER = new Set([
  'microgrid-battery.maxSoc',
  'microgrid-battery.minSoc',
  'microgrid-order.maxSoc',
  'microgrid-order.minSoc',
  'microgrid-ledger-read.member',
  'microgrid-reading.power',
  'microgrid-ledger-read.interval',
  'microgrid-virtual-site.csv',
  'microgrid-virtual-site.profile',
]);

for (const type of types) {
  describe(`dialog of ${type}`, () => {
    const definition = loadDefinition(type);
    const html = readNodeFile(`${type}/${type}.html`);
    const catalogue = readCatalogue(`${type}/locales/en-US/${type}.json`);
    const isConfig = definition.category === 'config';

    it('stores exactly what the runtime reads, in its newest version', async () => {
      const stored = Object.keys(definition.defaults).filter((name) => name !== 'name' && name !== 'configVersion');
      assert.deepEqual(stored.sort(), configKeys(type).sort());
      const complaint = await complaintOf(type);
      const values = Object.fromEntries(Object.entries(definition.defaults).map(([name, { value }]) => [name, value]));
      const version = Number(values['configVersion']);
      assert.doesNotMatch(String(await complaint(values)), /another version/);
      assert.match(String(await complaint({ ...values, configVersion: version + 1 })), /another version/);
      assert.equal(definition.defaults['name']?.value, '');
    });

    it('has a field for everything that it stores', () => {
      const prefix = isConfig ? 'node-config-input' : 'node-input';
      const fields = [...html.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
      const stored = Object.keys({ ...definition.defaults, ...definition.credentials });
      const wanted = stored.filter((name) => name !== 'configVersion');
      assert.deepEqual(fields.sort(), wanted.map((name) => `${prefix}-${name}`).sort());
    });

    it('takes every text from a catalogue, and leaves none unused', () => {
      const named = keysOf(html);
      for (const key of named) {
        if (!key.startsWith('node-red:')) assert.ok(lookUp(catalogue, key), `${key} is missing`);
      }
      for (const key of leaves(catalogue)) {
        const used =
          named.some((name) => key === name || key.startsWith(`${name}.`)) || key.startsWith(`${type}.label.`);
        assert.ok(used, `${key} is not used`);
      }
      const template = /<script type="text\/html"[\s\S]*?<\/script>/.exec(html)?.[0] ?? '';
      assert.deepEqual(
        [...template.matchAll(/>\s*([^<>\s][^<>]*)</g)].map((match) => match[1]),
        [],
      );
      assert.doesNotMatch(template, /style=|color/);
    });

    it('labels the palette, the node, its input and its outputs', () => {
      const node = newNode(type, definition);
      assert.match(definition.paletteLabel.call(node), /^[a-z ]{3,14}$/);
      assert.ok(definition.label.call(node));
      assert.equal(definition.label.call(newNode(type, definition, { name: 'my own' })), 'my own');
      if (isConfig) return;
      if (definition.inputs) assert.ok(definition.inputLabels?.call(node, 0));
      const labels = Array.from({ length: definition.outputs ?? 0 }, (_, i) => definition.outputLabels?.call(node, i));
      assert.ok(labels.every((label) => typeof label === 'string' && label !== ''));
      assert.equal(new Set(labels).size, labels.length);
    });

    it('has the icon and the colour of its family', () => {
      assert.equal(definition.icon, `${type}.svg`);
      assert.ok(existsSync(join(projectRoot, 'icons', definition.icon)));
      assert.ok(FAMILY[definition.color]?.split(' ').includes(type.replace('microgrid-', '')));
      assert.match(html, new RegExp(`color: '${definition.color}'`));
    });

    it('is content with its own defaults, once its nodes are chosen', () => {
      for (const [name, { value, validate }] of Object.entries(definition.defaults)) {
        if (type === 'microgrid-ledger-verify' && name === 'folder') continue;
        if (validate) assert.equal(validate.call(newNode(type, definition), value, {}), true, name);
      }
    });

    it('accepts what the runtime accepts, and has a sentence for all else', async () => {
      const complaint = await complaintOf(type);
      const checks = Object.entries(definition.defaults).filter(([, { validate }]) => validate);
      const stored = Object.fromEntries(Object.entries(definition.defaults).map(([name, { value }]) => [name, value]));
      const sentences = (values: Record<string, unknown>) => {
        const node = newNode(type, definition, values);
        return checks
          .map(([name, { validate }]) => validate?.call(node, values[name], {}))
          .filter((said) => said !== true);
      };
      for (const [name, { validate }] of checks) {
        assert.equal(validate?.length, 2, `${name}: Node-RED takes sentences only from checks with two arguments`);
        for (const value of TYPED) {
          const values = { ...stored, [name]: value };
          const here = sentences(values);
          const there = await complaint(values);
          const given = `${name} = "${value}": the dialog says ${JSON.stringify(here)}, the runtime ${there}`;
          assert.ok(here.length > 0 || there === null, given);
          if (!STRICTER.has(`${type}.${name}`)) assert.ok(here.length === 0 || there !== null, given);
          for (const said of here) assert.match(String(said), /^[A-Z].*\.$/, given);
        }
      }
    });

    it('has a help with everything a person needs, and examples that hold', () => {
      const help = readNodeFile(`${type}/locales/en-US/${type}.html`);
      assert.match(help, new RegExp(`^<script type="text/markdown" data-help-name="${type}">\n\\S`));
      const headings = [...help.matchAll(/^### (.+)$/gm)].map((match) => match[1]);
      assert.deepEqual(headings, isConfig ? ['Details', 'Example'] : ['Inputs', 'Outputs', 'Details', 'Example']);
      const outputs = /^### Outputs$([\s\S]*?)^### /m.exec(help)?.[1] ?? '';
      const numbered = [...outputs.matchAll(/^\d\. (.+)$/gm)].map((match) => match[1]?.toLowerCase());
      // Node-RED's lists of properties: name, type in brackets, and a text without a further colon.
      for (const [line] of help.matchAll(/^ *: .*$/gm)) assert.match(line, /^ *: [^:(]+\([^:)]+\) +: [^:]+$/);
      const node = newNode(type, definition);
      const labels = Array.from({ length: definition.outputs ?? 0 }, (_, i) => definition.outputLabels?.call(node, i));
      if (labels.length > 1) assert.deepEqual(numbered, labels);
      for (const [, example = ''] of help.matchAll(/^```json\n([\s\S]*?)^```/gm)) {
        const payload = JSON.parse(example) as { type?: string };
        if (payload.type && payload.type in schemas) readPayload(payload, payload.type as PayloadType);
      }
    });
  });
}

for (const plugin of ['microgrid-editor', 'microgrid-devices']) {
  describe(`editor plugin ${plugin}`, () => {
    const html = readNodeFile(`${plugin}.html`);
    const catalogue = readCatalogue(`locales/en-US/${plugin}.json`);

    it('takes every text from its catalogue, and leaves none unused', () => {
      const calls = html.matchAll(/(?:words\(|part\([\w.]+, )(['`])([^'`]+)\1/g);
      const named = [...calls].map((match) => match[2] ?? '');
      const choices = [...html.matchAll(/\? '([a-z.]+)' : '([a-z.]+)'/gi)].flatMap((match) => [
        match[1] ?? '',
        match[2] ?? '',
      ]);
      const used = [...named, ...choices].map((key) => key.replace(/\.?\$\{.*$/, ''));
      for (const key of named) if (!key.includes('$')) assert.ok(lookUp(catalogue, key), `${key} is missing`);
      for (const key of leaves(catalogue)) {
        assert.ok(
          used.some((name) => key === name || key.startsWith(`${name}.`)),
          `${key} is not used`,
        );
      }
    });

    it('has no colour of its own, and no rule outside of its dialogs', () => {
      const css = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? '';
      for (const [, value = ''] of css.matchAll(/:([^:;{}]+);/g)) {
        const own = value.replace(/var\(--red-ui-[\w-]+\)/g, '');
        assert.doesNotMatch(own, /#|var|rgb|hsl|\b(?:white|black|red|green|blue|yellow|orange|gr[ae]y)\b/i);
      }
      const selectors = css
        .replace(/\/\*[\s\S]*?\*\//g, '')
        .split('}')
        .flatMap((rule) => (rule.split('{').at(-2) ?? '').split(','));
      for (const selector of selectors.map((each) => each.trim()).filter(Boolean)) {
        if (!selector.startsWith('@')) assert.match(selector, /microgrid-/);
      }
    });
  });
}

it('fills the values into the sentences of dialogs', () => {
  const words = translator(readCatalogue('locales/en-US/microgrid-editor.json'));
  assert.equal(words('check.range', { name: 'Port', min: 1, max: 65535 }), 'Port must be between 1 and 65535.');
});

/** Keys of texts that a dialog names: in attributes, and in calls of the translator. */
function keysOf(html: string): string[] {
  const attributes = [...html.matchAll(/data-i18n="([^"]+)"/g)].map((match) =>
    (match[1] ?? '').replace(/^\[\w+\]/, ''),
  );
  const calls = [...html.matchAll(/(?:this|node)\._\(\s*(['`])([^'`$]+)/g)].map((match) =>
    (match[2] ?? '').replace(/\.$/, ''),
  );
  const whole = new Set([...attributes, ...calls.filter((key) => !html.includes(`\`${key}.\${`))]);
  return [...whole, ...calls.filter((key) => !whole.has(key)).flatMap((key) => leavesUnder(html, key))];
}

/** Keys made of a fixed part and a value: all texts under the fixed part count as named. */
function leavesUnder(html: string, key: string): string[] {
  const type = /data-template-name="([^"]+)"/.exec(html)?.[1] ?? '';
  return leaves(readCatalogue(`${type}/locales/en-US/${type}.json`)).filter((leaf) => leaf.startsWith(`${key}.`));
}

function leaves(catalogue: Catalogue, path: readonly string[] = []): string[] {
  return Object.entries(catalogue).flatMap(([name, value]) =>
    typeof value === 'string' ? [[...path, name].join('.')] : leaves(value, [...path, name]),
  );
}
