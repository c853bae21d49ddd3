import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { createLog } from '../../src/base/log.ts';
import { AuditLog } from '../../src/controlplane/audit-log.ts';

let folder: string;
let errors: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steer-audit-'));
  errors = [];
});
afterEach(() => rm(folder, { recursive: true }));
const make = (more: { path?: string; maxBytes?: number; keep?: number } = {}): AuditLog =>
  new AuditLog({ path: join(folder, 'audit.log'), clock: realClock(), log: createLog((line) => void errors.push(line.message)), ...more });
const read = (name: string) => readFile(join(folder, name), 'utf8');

test('lines come in order, after those of an earlier life', async () => {
  await writeFile(join(folder, 'audit.log'), 'old\n');
  const log = make();
  for (const name of ['a', 'b', 'c']) log.write(`${name}\n`);
  await log.close();
  expect(await read('audit.log')).toBe('old\na\nb\nc\n');
});

test('half a line that a killed process has left spoils only itself', async () => {
  await writeFile(join(folder, 'audit.log'), 'old\nha');
  const log = make();
  log.write('a\n');
  await log.close();
  expect(await read('audit.log')).toBe('old\nha\na\n');
});

test('a file that has grown too large makes room, and the oldest goes', async () => {
  const log = make({ maxBytes: 10, keep: 2 });
  for (let number = 1; number <= 5; number++) {
    log.write(`line ${number} .....\n`);
    await log.close();
  }
  expect((await readdir(folder)).sort()).toEqual(['audit.log', 'audit.log.1', 'audit.log.2']);
  expect([await read('audit.log'), await read('audit.log.1'), await read('audit.log.2')]).toEqual(
    [5, 4, 3].map((number) => `line ${number} .....\n`),
  );
});

test('a log that cannot be written is said once per attempt and harms nobody', async () => {
  const log = make({ path: join(folder, 'missing', 'audit.log') });
  log.write('a\n');
  await log.close();
  expect(errors).toEqual(['the audit log cannot be written']);
});
