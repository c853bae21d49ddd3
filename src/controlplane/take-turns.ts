import type { ApiRequest, Transport } from '../api/http.ts';
import { Slots } from '../base/slots.ts';

/** A batch of the store (embedded.ts). */
const most = 64;

/**
 * Lets the components of this process write in turns: at most so many of their writes are with the API server at once, and the others wait
 * outside in the order in which they came. So a user's call is never behind thousands of theirs, as API priority and fairness has it
 * (KEP-1040). New pods wait for what makes those that are there run: so few are half done at a time, and what is known of them is still at
 * hand. Leases are exempt, since who is late with one is taken for dead, service accounts, since the creation of a pod waits for its own,
 * and events, which their sender holds back (event-sender.ts). What is wrapped shares its turns.
 */
export function turnsOfWrites(): (handle: Transport) => Transport {
  const slots = new Slots(most);
  return (handle) => (request) => (isExempt(request) ? handle(request) : slots.run(() => handle(request), { last: isNewPod(request) }));
}

function isExempt({ method, path }: ApiRequest): boolean {
  return method === 'GET' || path.startsWith('/apis/coordination.k8s.io/') || path.endsWith('/serviceaccounts') || isEvent(path);
}

function isEvent(path: string): boolean {
  return path.startsWith('/api/v1/namespaces/') && path.split('/')[5] === 'events';
}

function isNewPod({ method, path }: ApiRequest): boolean {
  return method === 'POST' && path.endsWith('/pods');
}
