// XML against a schema, judged by xmllint of libxml2: a validator that is not ours.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** What xmllint says is wrong with the document; empty where it is valid. */
export function schemaFaults(xml: string, schema: string): string[] {
  const file = join(import.meta.dirname, 'schemas', schema);
  const { status, stderr } = spawnSync('xmllint', ['--noout', '--nonet', '--schema', file, '-'], {
    input: xml,
    encoding: 'utf8',
  });
  if (status === 0) return [];
  return stderr.split('\n').filter((line) => line !== '' && !line.endsWith('fails to validate'));
}
