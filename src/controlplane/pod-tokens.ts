import type { Pod, ServiceAccountTokenProjection, TokenRequest } from '../api/kinds.generated.ts';
import type { Connection } from '../client/connect.ts';
import { StatusError } from '../api/status.ts';
import { bytesOf } from '../client/body.ts';

/** Asks the API server for tokens of pods' service accounts, bound to the pod, as the agent of its node. */
export function issueTokenBy(cluster: Connection) {
  return async (pod: Readonly<Pod>, { audience, expirationSeconds }: ServiceAccountTokenProjection): Promise<string> => {
    const { name, namespace = '', uid = '' } = pod.metadata;
    const spec = {
      audiences: audience === undefined || audience === '' ? [] : [audience],
      expirationSeconds: expirationSeconds ?? 3600,
      boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name, uid },
    };
    const account = encodeURIComponent(pod.spec?.serviceAccountName ?? 'default');
    const answer = await cluster.request({
      method: 'POST',
      path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${account}/token`,
      headers: { 'content-type': 'application/json' },
      object: { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', metadata: {}, spec },
    });
    const body = JSON.parse(Buffer.from(await bytesOf(answer.body)).toString()) as TokenRequest;
    if (answer.status >= 300) throw StatusError.from(body, answer.status);
    return body.status?.token ?? '';
  };
}
