import { describe, expect, it, test } from 'vitest';
import { nearest } from '../../src/gitops/nearest.ts';
import { Recent } from '../../src/gitops/recent.ts';
import { localPath, redact, remoteOf } from '../../src/gitops/sources/credentials.ts';
import { checkLink, cleanPath, harmless, quoted } from '../../src/gitops/sources/paths.ts';
import { checkRevision } from '../../src/gitops/sources/revision.ts';
import { highestMatch, isRange } from '../../src/gitops/sources/version-range.ts';

const tags = [
  'v0.9.0',
  'v1.0.0',
  'v1.2.3',
  'v1.2.10',
  '1.3.0',
  'v1.10.0',
  'v2.0.0-rc.1',
  'v2.0.0-rc.2',
  'v2.0.0-beta',
  'v2.0.0',
  'v3.0.0-alpha.1',
  'not-a-version',
  'v01.0.0.0',
];

test.each<[string, string | undefined]>([
  ['^1.0', 'v1.10.0'],
  ['^1.2.3', 'v1.10.0'],
  ['~1.2', 'v1.2.10'],
  ['~1.2.5', 'v1.2.10'],
  ['1.2.x', 'v1.2.10'],
  ['1.2', 'v1.2.10'],
  ['v1', 'v1.10.0'],
  ['*', 'v2.0.0'],
  ['x', 'v2.0.0'],
  ['>=1.0 <1.3', 'v1.2.10'],
  ['>=1.0, <=1.3', '1.3.0'],
  ['>1.2', 'v2.0.0'],
  ['<=1.2', 'v1.2.10'],
  ['<1', 'v0.9.0'],
  ['1.0 - 1.3', '1.3.0'],
  ['^0.9', 'v0.9.0'],
  ['^0.9 || ^1.2', 'v1.10.0'],
  ['>=2.0.0-0 <2.0.0', 'v2.0.0-rc.2'],
  ['>=3.0.0-0', 'v3.0.0-alpha.1'],
  ['>=3', undefined],
  ['^9', undefined],
])('of the tags, %s takes %s', (range, expected) => {
  expect(isRange(range)).toBe(true);
  expect(highestMatch(range, tags)).toBe(expected);
});

test.each(['main', 'v1.2.3', '1.2.3', 'release/1.x-fixes', 'feature/x', 'abc1234', 'HEAD', 'main~1'])('%s is no range', (name) => {
  expect(isRange(name)).toBe(false);
});

describe('addresses', () => {
  test.each([
    ['https://example.org/a.git', undefined],
    ['git@example.org:a/b.git', undefined],
    ['ssh://git@example.org/a', undefined],
    ['/srv/a', '/srv/a'],
    ['./a', './a'],
    ['file:///srv/a%20b', '/srv/a b'],
  ])('%s is at %s', (repo, expected) => {
    expect(localPath(repo)).toBe(expected);
  });

  const spec = (repo: string) => ({ repo, path: '', revision: '', intervalMs: 1000 });
  test.each([
    ['--upload-pack=touch /tmp/x', 'is no address of a repository'],
    ['-oProxyCommand=x', 'is no address of a repository'],
    ['ext::sh -c touch% /tmp/x', 'is no address of a repository'],
    ['ext::x', 'asks git to run a helper'],
    ['ssh://-oProxyCommand=x/a', 'no address|begins with "-"'],
    ['http://example.org/a', 'http carries credentials'],
    ['git://example.org/a', 'git is not taken'],
    ['https://example.org/a\nb', 'is no address of a repository'],
    ['ftp://example.org/a', 'ftp is not taken'],
  ])('%j is refused', (repo, why) => {
    expect(() => remoteOf(spec(repo))).toThrow(new RegExp(why));
  });

  it('keep credentials out of the address and of messages', () => {
    const remote = remoteOf(spec('https://user:s3cret@example.org/a.git'));
    expect(remote.url).toBe('https://example.org/a.git');
    expect(redact(`fatal: https://user:s3cret@example.org/a.git and s3cret`, remote.secrets)).toBe(
      'fatal: https://example.org/a.git and ***',
    );
    expect(JSON.stringify(remote.environment)).not.toContain('s3cret');
  });

  it('hand no path to the shell that could be more than a path', () => {
    expect(() => remoteOf({ ...spec('git@example.org:a'), credentials: { sshKeyFile: '/tmp/$(touch x)' } })).toThrow(
      'cannot be handed to ssh',
    );
  });
});

describe('names from a repository', () => {
  test.each(['-n', '--exec=x', 'a..b', 'a b', 'a:b', 'a\u0007', 'x.lock', '@{u}', 'a//b', '/a', 'a*b'])(
    'the revision %j is refused',
    (name) => {
      expect(() => checkRevision(name)).toThrow('is no revision');
    },
  );
  test.each(['../x', 'a/../../b', 'a/..', '\0'])('the path %j is refused', (path) => {
    expect(() => cleanPath(path)).toThrow('leaves the repository');
  });
  it('are clean paths', () => {
    expect(['', '.', './a//b/', '/a'].map(cleanPath)).toEqual(['', '', 'a/b', 'a']);
  });
  test.each([
    ['a/l', '../x', 'a'],
    ['a/l', '/etc/passwd', 'a'],
    ['l', '..', ''],
    ['a/b/l', '../../../x', ''],
  ])('a link at %s to %s leaves %j', (path, target, root) => {
    expect(() => checkLink(path, target, root)).toThrow('symbolic link');
  });
  it('may link inside the path', () => {
    expect(() => checkLink('a/b/l', '../c/x', 'a')).not.toThrow();
  });
  it('are harmless on a terminal', () => {
    expect(quoted('a\u001b[2Jb\u202ec"')).toBe('"a\\u001b[2Jb\\u202ec\\""');
    expect(harmless('x\u001b]0;owned\u0007\r\ny\u009b1m')).toBe('x\\u001b]0;owned\\u0007\\u000d\\u000ay\\u009b1m');
  });
});

test('the nearest names are those that a slip makes', () => {
  expect(nearest('replicsa', ['replicas', 'selector', 'template'])).toEqual(['replicas']);
  expect(nearest('imagepullpolicy', ['image', 'imagePullPolicy'])).toEqual(['imagePullPolicy']);
  expect(nearest('x', ['replicas', 'selector'])).toEqual([]);
});

test('the map of recent things forgets what was unused for longest', () => {
  const recent = new Recent<string, number>(10);
  recent.set('a', 1, 4);
  recent.set('b', 2, 4);
  expect(recent.get('a')).toBe(1);
  recent.set('c', 3, 4);
  expect([recent.has('a'), recent.has('b'), recent.has('c')]).toEqual([true, false, true]);
  recent.set('huge', 4, 100);
  expect([recent.size, recent.get('huge')]).toEqual([1, 4]);
});
