import assert from 'node:assert/strict';
import { COMMANDS } from '../../src/cli/commands.ts';
import { runCommand } from '../support/command.ts';

describe('microgrid', () => {
  it('--help names every command', async () => {
    const { code, out, err } = await runCommand(['--help']);
    assert.deepEqual([code, err], [0, '']);
    for (const name of Object.keys(COMMANDS)) assert.ok(out.includes(`  ${name} `), name);
  });

  it('without arguments says where the commands are listed, exit 2', async () => {
    const { code, out, err } = await runCommand([]);
    assert.deepEqual([code, out, err], [2, '', 'microgrid: a command is missing; microgrid --help lists them\n']);
    assert.deepEqual(await runCommand(['help']), await runCommand(['--help']));
  });

  for (const name of ['nothing', '__proto__', 'constructor']) {
    it(`refuses the unknown command "${name}" in one sentence`, async () => {
      const { code, out, err } = await runCommand([name]);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, /^microgrid: there is no command ".*"; known are clear, .*\n$/);
    });
  }

  for (const [name, { summary }] of Object.entries(COMMANDS)) {
    it(`${name}: module, summary and --help fit together`, async () => {
      const command = await COMMANDS[name]!.load();
      assert.deepEqual([command.name, command.summary], [name, summary]);
      const { code, out, err } = await runCommand([name, '--help']);
      assert.deepEqual([code, out, err], [0, command.help, '']);
      assert.ok(out.includes(`microgrid ${name}`) && out.includes('--json') && out.endsWith('\n'));
    });

    it(`${name}: an unknown option is wrong use`, async () => {
      const { code, out, err } = await runCommand([name, '--no-such-option']);
      assert.deepEqual([code, out], [2, '']);
      assert.equal(err, `microgrid: there is no option "--no-such-option"; see microgrid ${name} --help\n`);
    });
  }
});
