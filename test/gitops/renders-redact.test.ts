import { expect, it } from 'vitest';
import type { Closure } from '../../src/gitops/rendering/closure.ts';
import { redacted } from '../../src/gitops/rendering/redact.ts';

const log = 'E1121 16:57:42.785764    5930 run.go:72] "command failed" err=';
const closure = { kustomizations: [], files: [] } as unknown as Closure;
const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: 'a\"b\\c-long'}\n";

it.each([
  ['as kustomize says it', 'Error: no such file\n', 'no such file'],
  ['after warnings', "# Warning: 'bases' is deprecated\nError: no such file\n", 'no such file'],
  ['as kubectl says it', `${log}"no such \\"file\\" here"\n`, 'no such "file" here'],
  ['as kubectl says what has lines', `# Warning\n${log}<\n\tno such file\n\tat all\n >\n`, 'no such file'],
  ['with escapes of Go', `${log}"no \\x01 file"\n`, 'no x01 file'],
  ['as nothing', '', ''],
])('an error is told in one line that is the same each time: %s', (_how, said, told) => {
  expect(redacted(said, closure, [])).toBe(told);
});

it('a value of a Secret that was quoted is found', () => {
  const told = redacted(`${log}"wrong value a\\"b\\\\c-long in it"`, closure, [{ path: 's.yaml', content: secret }]);
  expect(told).not.toContain('c-long');
  expect(told).toContain('wrong value');
});
