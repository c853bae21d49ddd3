import type { ApiRequest, Transport } from '../api/http.ts';
import { Slots } from '../base/slots.ts';

/** A batch of the store (embedded.ts). */
const most = 64;

/**
 * Lets the components of this process write in turns: at most so many of their writes are with the API server at once, and the others wait
 * outside in the order in which they came. So a user's call is never behind thousands of theirs, as API priority and fairness has it
 * (KEP-1040). Leases are exempt, since who is late with one is taken for dead, and service accounts, since the creation of a pod waits for
 * its own. What is wrapped shares its turns.
 */
export function turnsOfWrites(): (handle: Transport) => Transport {
  const slots = new Slots(most);
  return (handle) => (request) => (isExempt(request) ? handle(request) : slots.run(() => handle(request)));
}

function isExempt({ method, path }: ApiRequest): boolean {
  return method === 'GET' || path.startsWith('/apis/coordination.k8s.io/') || path.endsWith('/serviceaccounts');
}
