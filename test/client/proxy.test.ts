import { describe, expect, test } from 'vitest';
import { proxyFor } from '../../src/client/proxy.ts';

describe('the proxy of an environment', () => {
  const via = { HTTPS_PROXY: 'http://proxy:3128' };
  test.each<[string, Record<string, string>, string | undefined]>([
    ['https://api.example', {}, undefined],
    ['https://api.example', via, 'http://proxy:3128'],
    ['https://api.example', { https_proxy: 'proxy:3128' }, 'http://proxy:3128'],
    ['http://api.example', via, undefined],
    ['http://api.example', { HTTP_PROXY: 'http://plain:80' }, 'http://plain:80'],
    ['https://localhost:6443', via, undefined],
    ['https://127.0.0.1:6443', via, undefined],
    ['https://[::1]:6443', via, undefined],
    ['https://api.example', { ...via, NO_PROXY: '*' }, undefined],
    ['https://api.example', { ...via, NO_PROXY: 'other, example' }, undefined],
    ['https://api.example', { ...via, no_proxy: 'api.example' }, undefined],
    ['https://api.example', { ...via, NO_PROXY: '.example' }, undefined],
    ['https://api.example', { ...via, NO_PROXY: '*.example' }, undefined],
    ['https://example', { ...via, NO_PROXY: '.example' }, 'http://proxy:3128'],
    ['https://myexample', { ...via, NO_PROXY: 'example' }, 'http://proxy:3128'],
    ['https://api.example', { ...via, NO_PROXY: 'api.example:443' }, undefined],
    ['https://api.example:6443', { ...via, NO_PROXY: 'api.example:443' }, 'http://proxy:3128'],
    ['https://10.1.2.3:6443', { ...via, NO_PROXY: '10.0.0.0/8' }, undefined],
    ['https://10.1.2.3:6443', { ...via, NO_PROXY: '10.1.2.3' }, undefined],
    ['https://11.1.2.3:6443', { ...via, NO_PROXY: '10.0.0.0/8,fd00::/8' }, 'http://proxy:3128'],
    ['https://[fd00::1]:6443', { ...via, NO_PROXY: 'fd00::/8' }, undefined],
    ['https://api.example', { ...via, NO_PROXY: '10.0.0.0/8,10.0.0.0/99' }, 'http://proxy:3128'],
  ])('to %s in %o is %s', (server, environment, expected) => {
    expect(proxyFor(new URL(server), environment)).toBe(expected);
  });
});
