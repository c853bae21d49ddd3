import { describe, expect, it, test } from 'vitest';
import { imageName, versionOf, versionStep } from '../../src/review/cautions/image-name.ts';
import { cautionTexts, merged } from '../support/cautions.ts';

const pods = (image: string, name = 'web', container = 'web') => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: shop }
spec: { template: { spec: { containers: [{ name: ${container}, image: '${image}' }] } } }
---
`;
const ref = (name: string) => ({ group: 'apps', kind: 'Deployment', namespace: 'shop', name });

describe('imageName', () => {
  test.each([
    ['nginx', 'nginx', 'latest'],
    ['nginx:1.27', 'nginx', '1.27'],
    ['registry:5000/a/b', 'registry:5000/a/b', 'latest'],
    ['registry:5000/a/b:v2@sha256:0123456789abcdef', 'registry:5000/a/b', 'v2'],
    ['a@sha256:0123456789abcdef', 'a', 'sha256:0123456789ab'],
  ])('%s', (text, image, version) => {
    const name = imageName(text);
    expect([name.image, versionOf(name)]).toEqual([image, version]);
  });
});

describe('versionStep', () => {
  test.each([
    ['1.2.3', '2.0.0', 'major'],
    ['v1.2.3', '1.2.4', 'minor'],
    ['1.2.3', '1.2.3', 'same'],
    ['1.2', '1.2.3', 'same'],
    ['1.10.0', '1.9.0', 'back'],
    ['16', '17-alpine', 'major'],
    ['2024.1.0', '2025.1.0', 'minor'],
    ['20240101', '20250101', undefined],
    ['main-1a2b3c4', 'main-5d6e7f8', undefined],
    ['1a2b3c4', '2b3c4d5', undefined],
    ['latest', '1.2.3', undefined],
    ['1.2.3', '2024.1', undefined],
  ] as const)('%s to %s', (from, to, step) => {
    expect(versionStep(from, to)).toBe(step);
  });
});

describe('images', () => {
  it('are told once for all that use them, with their step', () => {
    const base = pods('app:1.2', 'a') + pods('app:1.2', 'b') + pods('tool:1', 'c');
    const head = pods('app:2.0', 'a') + pods('app:2.0', 'b') + pods('other:1', 'c');
    expect(merged({ base, head }).images).toEqual([
      { image: 'app', from: '1.2', to: '2.0', major: true, usedBy: [ref('a'), ref('b')] },
      { image: 'other', to: '1', major: false, usedBy: [ref('c')] },
      { image: 'tool', from: '1', major: false, usedBy: [ref('c')] },
    ]);
  });

  it('stay what they are when a workload or a container gets another name, or one more workload runs them', () => {
    expect(merged({ base: pods('app:1'), head: pods('app:1', 'front') }).images).toEqual([]);
    expect(merged({ base: pods('app:1'), head: pods('app:1', 'web', 'main') }).images).toEqual([]);
    expect(merged({ base: pods('app:1'), head: pods('app:1') + pods('app:1', 'more') }).images).toEqual([]);
  });

  it('are compared across a rename', () => {
    expect(merged({ base: pods('app:1.0'), head: pods('app:1.1', 'front') }).images).toEqual([
      { image: 'app', from: '1.0', to: '1.1', major: false, usedBy: [ref('front')] },
    ]);
  });

  it('show the digest where the tag stays', () => {
    const [from, to] = ['a', 'b'].map((digit) => `app:1@sha256:${digit.repeat(64)}`) as [string, string];
    expect(merged({ base: pods(from), head: pods(to) }).images).toEqual([
      { image: 'app', from: '1@sha256:aaaaaaaaaaaa', to: '1@sha256:bbbbbbbbbbbb', major: false, usedBy: [ref('web')] },
    ]);
  });

  it('are read out of the values of a chart', () => {
    const release = (tag: string) => `
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: web, namespace: shop }
spec: { values: { controllers: { web: { containers: { app: { image: { repository: ghcr.io/a/web, tag: ${tag} } } } } } } }`;
    const user = { group: 'helm.toolkit.fluxcd.io', kind: 'HelmRelease', namespace: 'shop', name: 'web' };
    const found = merged({ base: release('1.0.0'), head: release('2.0.0@sha256:abc') });
    expect(found.images).toEqual([{ image: 'ghcr.io/a/web', from: '1.0.0', to: '2.0.0', major: true, usedBy: [user] }]);
  });

  test.each<[string, string, string, string[]]>([
    [
      'a major version',
      'app:1.9',
      'app:2.0',
      ['caution image-major apps/Deployment shop/web: goes to a new major version of app: 1.9 to 2.0'],
    ],
    [
      'an older version',
      'app:1.9',
      'app:1.8',
      [
        'caution image-back apps/Deployment shop/web: goes back to an older version of app: 1.9 to 1.8; what the newer one wrote may not be readable for it',
      ],
    ],
    [
      'no version',
      'app:1.9',
      'app',
      [
        'caution image-latest apps/Deployment shop/web: runs app:latest: which version that is, nobody can say, and it differs from pod to pod',
      ],
    ],
    ['still no version', 'app', 'app:latest', []],
    ['another image', 'app:1', 'other:9', []],
  ])('%s is a caution', (_name, from, to, expected) => {
    expect(cautionTexts({ base: pods(from), head: pods(to) })).toEqual(expected);
  });
});
