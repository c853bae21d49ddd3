import { expect, it } from 'vitest';
import { matcher } from '../../src/gitops/glob.ts';

it.each([
  ['apps/*', 'apps/web', true],
  ['apps/*', 'apps/web/deep', false],
  ['apps/**', 'apps/web/deep', true],
  ['**/config.json', 'config.json', true],
  ['envs/**/config.json', 'envs/config.json', true],
  ['envs/**/config.json', 'envs/a/b/config.json', true],
  ['a?c', 'abc', true],
  ['a?c', 'a/c', false],
  ['[a-c]x', 'bx', true],
  ['[!a-c]x', 'bx', false],
  ['{web,db}.yaml', 'db.yaml', true],
  ['./apps/*/', 'apps/web', true],
  ['a.c', 'abc', false],
])('%s and %s: %s', (pattern, path, fits) => {
  expect(matcher(pattern, { slashes: false })(path)).toBe(fits);
});
it('goes over slashes where that is asked for', () => {
  expect(matcher('*.yaml', { slashes: true })('a/b.yaml')).toBe(true);
});
it('is not held up by a pattern that is made for it', () => {
  expect(matcher(`${'*a'.repeat(200)}b`, { slashes: true })('a'.repeat(2000))).toBe(false);
});
it('takes braces as they are where there are too many alternatives', () => {
  expect(matcher('{a,b}'.repeat(20), { slashes: true })('a'.repeat(20))).toBe(false);
});
