// Builds the Go programs of test/go with Debian's Go and its packages of Go sources; nothing is fetched.
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from './source.ts';

/** @param name of a folder of test/go. @param folder to build in. @returns the program */
export function buildGo(name: string, folder: string): string {
  const program = join(folder, name);
  const source = join(projectRoot, 'test/go', name, 'main.go');
  const { status, stderr } = spawnSync('go', ['build', '-o', program, source], {
    encoding: 'utf8',
    env: {
      ...process.env,
      GO111MODULE: 'off',
      GOPATH: '/usr/share/gocode',
      GOPROXY: 'off',
      GOFLAGS: '',
      GOCACHE: join(folder, 'cache'),
    },
  });
  assert.equal(status, 0, stderr);
  return program;
}
