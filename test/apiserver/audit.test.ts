import { expect, test } from 'vitest';
import { isWorthWriting } from '../../src/apiserver/audit.ts';
import { readRequestInfo } from '../../src/apiserver/request-info.ts';

const events = '/api/v1/namespaces/default/events';
const life = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node-1';

test.each([
  ['kubernetes-admin', 'GET', '/api/v1/namespaces/default/pods', 200, false],
  ['kubernetes-admin', 'GET', '/api/v1/namespaces/default/pods', 403, true],
  ['kubernetes-admin', 'DELETE', '/api/v1/namespaces/default/pods/web', 200, true],
  ['kubernetes-admin', 'POST', events, 201, true],
  ['system:kube-scheduler', 'POST', events, 201, false],
  ['system:kube-scheduler', 'POST', events, 422, true],
  ['system:kube-scheduler', 'POST', '/api/v1/namespaces/default/pods/web/binding', 201, true],
  ['system:serviceaccount:default:web', 'POST', events, 201, true],
  ['system:kube-scheduler', 'DELETE', `${events}/web.1`, 200, true],
  ['system:node:node-1', 'PATCH', life, 200, false],
  ['system:node:node-1', 'PATCH', '/api/v1/namespaces/default/pods/web/status', 200, true],
  ['system:kube-controller-manager', 'PUT', life.replace('kube-node-lease', 'kube-system'), 200, true],
] as const)('%s, %s %s, %i: %s', (...row) => {
  const [name, method, path, status, worth] = row;
  const request = { method, path, query: '', headers: {} };
  const info = readRequestInfo(request);
  const audited = {
    request,
    info,
    started: 0,
    finished: 0,
    user: { name, groups: [] },
    answer: { status, headers: {}, body: new Uint8Array() },
  };
  expect(isWorthWriting(audited)).toBe(worth);
});
