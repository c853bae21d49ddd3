import { keyOf, keyText, type Kind, type ObjectKey } from '../api/object.ts';
import { ConfigMap, Secret, ServiceAccount, type TokenRequest } from '../api/kinds.generated.ts';
import { isNotFound } from '../api/status.ts';
import { clone, jsonEqual } from '../base/json.ts';
import type { Context, Controller, Informer } from '../reconcile/controller.ts';

const type = 'kubernetes.io/service-account-token';
const accountName = 'kubernetes.io/service-account.name';
const accountUid = 'kubernetes.io/service-account.uid';
const authority: ObjectKey = { namespace: 'kube-system', name: 'kube-root-ca.crt' };
/** The longest that may be asked for; what really ends the token is its Secret. */
const expirationSeconds = 2 ** 32;
/** The subresource of an account that makes tokens. */
const tokens: Kind<TokenRequest> = { group: '', version: 'v1', kind: 'TokenRequest', plural: 'serviceaccounts', namespaced: true };

interface Loop {
  readonly context: Context;
  readonly secrets: Informer<Secret>;
  /** Names of token Secrets by account. */
  readonly byAccount: Map<string, Set<string>>;
  /** Names of those that have gone, by account: nothing may refer to them. */
  readonly gone: Map<string, Set<string>>;
}

/** Fills Secrets of the type for tokens of service accounts, and takes them away with their account. */
export const serviceaccountToken: Controller = {
  name: 'serviceaccount-token',
  identity: 'tokens-controller',
  reconciles: ServiceAccount,
  watches: [{ kind: ConfigMap, keysFor: () => [] }],
  start(context) {
    const secrets = context.informer(Secret, { fieldSelector: `type=${type}` });
    const loop: Loop = { context, secrets, byAccount: new Map(), gone: new Map() };
    secrets.onChange((secret, previous) => {
      const known = secret ?? previous;
      if (known !== undefined) take(loop, known, secret !== undefined);
    });
    context.informer(ConfigMap).onChange((map) => {
      if (map !== undefined && keyText(keyOf(map)) === keyText(authority))
        for (const secret of secrets.list()) context.enqueue(accountOf(secret));
    });
    return (key) => reconcile(loop, key);
  },
};

function accountOf({ metadata }: Readonly<Secret>): ObjectKey {
  return { namespace: metadata.namespace ?? '', name: metadata.annotations?.[accountName] ?? '' };
}

function take({ context, byAccount, gone }: Loop, secret: Readonly<Secret>, isThere: boolean): void {
  const account = accountOf(secret);
  const [to, from] = isThere ? [byAccount, gone] : [gone, byAccount];
  move(keyText(account), secret.metadata.name, { to, from });
  context.enqueue(account);
}

function move(account: string, name: string, { to, from }: { to: Map<string, Set<string>>; from: Map<string, Set<string>> }): void {
  const names = to.get(account);
  if (names === undefined) to.set(account, new Set([name]));
  else names.add(name);
  const others = from.get(account);
  others?.delete(name);
  if (others?.size === 0) from.delete(account);
}

async function reconcile(loop: Loop, key: ObjectKey): Promise<void> {
  const { context, secrets, byAccount, gone } = loop;
  const id = keyText(key);
  if (!byAccount.has(id) && !gone.has(id)) return;
  const account = await accountNow(context, key);
  for (const name of byAccount.get(id) ?? []) {
    const secret = secrets.get({ namespace: key.namespace, name });
    if (secret === undefined) continue;
    const wanted = secret.metadata.annotations?.[accountUid] ?? '';
    if (account === undefined || (wanted !== '' && wanted !== account.metadata.uid)) await remove(context, secret);
    else await fill(context, account, secret);
  }
  if (account !== undefined) await forget(context, account, gone.get(id));
  gone.delete(id);
}

/** That an account is gone is believed only when the server says so. */
async function accountNow(context: Context, key: ObjectKey): Promise<Readonly<ServiceAccount> | undefined> {
  const known = context.informer(ServiceAccount).get(key);
  if (known !== undefined) return known;
  try {
    return await context.cluster.get(ServiceAccount, key);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function fill(context: Context, account: Readonly<ServiceAccount>, secret: Readonly<Secret>): Promise<void> {
  const { name, namespace = '', uid = '' } = account.metadata;
  const certificate = context.informer(ConfigMap).get(authority)?.data?.['ca.crt'] ?? '';
  const data: Record<string, string> = { ...secret.data };
  if (certificate !== '') data['ca.crt'] = encoded(certificate);
  data['namespace'] ??= encoded(namespace);
  if ((data['token'] ?? '') === '') data['token'] = encoded(await tokenFor(context, account, secret));
  const annotations = { ...secret.metadata.annotations, [accountName]: name, [accountUid]: uid };
  if (jsonEqual(data, secret.data) && jsonEqual(annotations, secret.metadata.annotations)) return;
  await context.cluster.update(Secret, { ...clone(secret), metadata: { ...clone(secret.metadata), annotations }, data });
}

async function tokenFor(context: Context, account: Readonly<ServiceAccount>, secret: Readonly<Secret>): Promise<string> {
  const { name, uid = '' } = secret.metadata;
  const boundObjectRef = { kind: 'Secret', apiVersion: 'v1', name, uid };
  const order: TokenRequest = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: keyOf(account),
    spec: { audiences: [], expirationSeconds, boundObjectRef },
  };
  return (await context.cluster.create(tokens, order, { subresource: 'token' })).status?.token ?? '';
}

function encoded(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

async function remove(context: Context, secret: Readonly<Secret>): Promise<void> {
  try {
    await context.cluster.delete(Secret, keyOf(secret), { uid: secret.metadata.uid ?? '' });
  } catch (error) {
    // NotFound: somebody was quicker.
    if (!isNotFound(error)) throw error;
  }
}

/** Accounts may list their Secrets: one that is gone is taken off the list. */
async function forget(context: Context, account: Readonly<ServiceAccount>, gone: ReadonlySet<string> | undefined): Promise<void> {
  const { secrets = [] } = account;
  const left = secrets.filter(({ name = '' }) => gone?.has(name) !== true);
  if (left.length === secrets.length) return;
  await context.cluster.update(ServiceAccount, { ...clone(account), secrets: clone(left) });
}
