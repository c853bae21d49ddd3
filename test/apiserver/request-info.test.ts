import { describe, expect, it, test } from 'vitest';
import { isTrue, readRequestInfo } from '../../src/apiserver/request-info.ts';

function read(method: string, target: string): string {
  const [path = '', query = ''] = target.split('?');
  const info = readRequestInfo({ method, path, query });
  if (!info.isResource) return `${info.verb} path ${info.parts.join('/')}`;
  const { verb, group, version, namespace, resource, name, subresource } = info;
  return `${verb} ${group}/${version} ns=${namespace} ${resource}/${name}/${subresource}`;
}

describe('a request', () => {
  test.each([
    ['GET', '/api/v1/pods', 'list /v1 ns= pods//'],
    ['GET', '/api/v1/namespaces/shop/pods', 'list /v1 ns=shop pods//'],
    ['GET', '/api/v1/namespaces/shop/pods?watch=true', 'watch /v1 ns=shop pods//'],
    ['GET', '/api/v1/namespaces/shop/pods?watch=1', 'watch /v1 ns=shop pods//'],
    ['GET', '/api/v1/namespaces/shop/pods?watch=0', 'list /v1 ns=shop pods//'],
    ['GET', '/api/v1/watch/namespaces/shop/pods', 'watch /v1 ns=shop pods//'],
    ['GET', '/api/v1/namespaces/shop/pods/web', 'get /v1 ns=shop pods/web/'],
    ['GET', '/api/v1/namespaces/shop/pods/web/log', 'get /v1 ns=shop pods/web/log'],
    ['POST', '/apis/apps/v1/namespaces/shop/deployments', 'create apps/v1 ns=shop deployments//'],
    ['PUT', '/apis/apps/v1/namespaces/shop/deployments/web/status', 'update apps/v1 ns=shop deployments/web/status'],
    ['PATCH', '/apis/apps/v1/namespaces/shop/deployments/web', 'patch apps/v1 ns=shop deployments/web/'],
    ['DELETE', '/apis/apps/v1/namespaces/shop/deployments/web', 'delete apps/v1 ns=shop deployments/web/'],
    ['DELETE', '/apis/apps/v1/namespaces/shop/deployments', 'deletecollection apps/v1 ns=shop deployments//'],
    ['GET', '/api/v1/namespaces', 'list /v1 ns= namespaces//'],
    ['GET', '/api/v1/namespaces/shop', 'get /v1 ns=shop namespaces/shop/'],
    ['PUT', '/api/v1/namespaces/shop/finalize', 'update /v1 ns=shop namespaces/shop/finalize'],
    ['GET', '/api/v1/namespaces/shop/services/web%2e1', 'get /v1 ns=shop services/web.1/'],
    ['GET', '/api/v1/nodes/n1', 'get /v1 ns= nodes/n1/'],
    ['GET', '/apis', 'get path apis'],
    ['GET', '/apis/apps/v1', 'get path apis/apps/v1'],
    ['GET', '/api/v1', 'get path api/v1'],
    ['GET', '/', 'get path '],
    ['GET', '/version', 'get path version'],
  ])('%s %s is %s', (method, target, expected) => {
    expect(read(method, target)).toBe(expected);
  });

  it.each(['/api/v1/namespaces/a%2Fb/pods', '/api/v1/namespaces/%2e%2e/pods', '/api/v1/nodes/%zz', '/api/v1/nodes/a%2fb'])(
    'with the path %s is bad, since no name holds a slash',
    (path) => {
      expect(() => readRequestInfo({ method: 'GET', path, query: '' })).toThrow(expect.objectContaining({ reason: 'BadRequest' }));
    },
  );
});

test.each([
  ['true', true],
  ['1', true],
  ['T', true],
  ['0', false],
  ['yes', false],
  ['', false],
  [null, false],
])('the query value %s is %s', (text, expected) => {
  expect(isTrue(text)).toBe(expected);
});
