import type { Pod, ServiceAccount, TokenRequestSpec } from '../../api/kinds.generated.ts';
import type { KubeObject } from '../../api/object.ts';
import { badRequest, conflict, invalid, methodNotAllowed, notFound, type FieldError } from '../../api/status.ts';
import { timestamp } from '../../base/clock.ts';
import { isRecord } from '../../base/json.ts';
import { jsonAnswer } from '../answer.ts';
import type { Call } from '../context.ts';
import { readBody } from '../rest/body.ts';
import { apiAudience, type Bound } from '../service-account-tokens.ts';
import { readWriteOptions } from '../write-options.ts';
import type { Subresource } from './index.ts';

const defaultSeconds = 3600;

/** A token for a service account, for some audiences and some time, bound to an object if that is asked for (authentication.k8s.io/v1, TokenRequest). */
export const token: Subresource = {
  name: 'token',
  verbs: ['create'],
  body: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
  handle: async (call) => {
    if (call.info.verb !== 'create') throw methodNotAllowed(call.kind.kind, call.info.verb);
    const options = readWriteOptions(call, 'CreateOptions');
    const { value } = readBody(call);
    if (!isRecord(value)) throw badRequest('the body of the request must be an object of kind TokenRequest');
    const sent = said(isRecord(value['spec']) ? value['spec'] : {}) as Partial<TokenRequestSpec>;
    const seconds = sent.expirationSeconds ?? defaultSeconds;
    const errors = secondsErrors(seconds);
    if (errors.length > 0) throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', errors);
    const account = (await found(
      call,
      `core/serviceaccounts/${call.info.namespace}/${call.info.name}`,
      'serviceaccounts',
    )) as ServiceAccount;
    const bound = sent.boundObjectRef === undefined ? undefined : await boundOf(call, sent.boundObjectRef);
    const audiences = (sent.audiences ?? []).length === 0 ? [apiAudience] : (sent.audiences as string[]);
    const issued = options.dryRun ? { token: '', expires: 0 } : call.server.tokens.issue({ account, audiences, seconds, bound });
    const expirationTimestamp = timestamp({ now: () => issued.expires });
    const { name, namespace = '' } = account.metadata;
    const answer = {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name, namespace, creationTimestamp: timestamp(call.server.clock) },
      spec: { audiences, expirationSeconds: seconds, boundObjectRef: sent.boundObjectRef ?? null },
      status: { token: issued.token, expirationTimestamp },
    };
    return jsonAnswer(201, answer, call.request.wantsObject === true);
  },
};

/** Clients write null where they say nothing. */
function said(spec: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== null));
}

function secondsErrors(seconds: unknown): FieldError[] {
  const wrong = (detail: string): FieldError[] => [{ type: 'FieldValueInvalid', field: 'spec.expirationSeconds', value: seconds, detail }];
  if (typeof seconds !== 'number' || seconds < 600) return wrong('may not specify a duration less than 10 minutes');
  return seconds > 2 ** 32 ? wrong('may not specify a duration larger than 2^32 seconds') : [];
}

async function found(call: Call, key: string, plural: string): Promise<Readonly<KubeObject>> {
  const entry = await call.server.store.get(key);
  if (entry === undefined) throw notFound({ group: '', plural }, key.slice(key.lastIndexOf('/') + 1));
  return entry.value();
}

const boundKinds: Readonly<Record<string, string>> = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' };

async function boundOf(call: Call, ref: NonNullable<TokenRequestSpec['boundObjectRef']>): Promise<Bound> {
  const { kind = '', apiVersion = '', name = '', uid = '' } = ref;
  const plural = apiVersion === 'v1' && Object.hasOwn(boundKinds, kind) ? boundKinds[kind] : undefined;
  if (plural === undefined) {
    const what = `${apiVersion === '' ? '' : `${apiVersion}, `}Kind=${kind}`;
    throw badRequest(`cannot bind token for serviceaccount ${JSON.stringify(call.info.name)} to object of type ${what}`);
  }
  const object = await found(call, `core/${plural}/${kind === 'Node' ? '' : call.info.namespace}/${name}`, plural);
  const own = object.metadata.uid ?? '';
  if (uid !== '' && uid !== own) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict({ group: '', plural }, name, why);
  }
  const bound = { kind: kind as Bound['kind'], name, uid: own };
  return kind === 'Pod' ? { ...bound, ...(await nodeOfPod(call, object as Pod)) } : bound;
}

async function nodeOfPod(call: Call, pod: Readonly<Pod>): Promise<Pick<Bound, 'node'>> {
  if (pod.spec?.serviceAccountName !== call.info.name) {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(call.info.name)} to pod running with different serviceaccount name.`,
    );
  }
  const name = pod.spec.nodeName ?? '';
  const node = name === '' ? undefined : await call.server.store.get(`core/nodes//${name}`);
  return node === undefined ? {} : { node: { name, uid: node.value().metadata.uid ?? '' } };
}
