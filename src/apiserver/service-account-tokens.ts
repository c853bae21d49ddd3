import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import type { ServiceAccount } from '../api/kinds.generated.ts';
import type { KubeObject } from '../api/object.ts';
import { parseTime, type Clock } from '../base/clock.ts';
import { OldestFirst } from '../base/oldest-first.ts';
import { isRecord } from '../base/json.ts';
import { uuid, type Random } from '../base/random.ts';
import type { Store } from '../store/store.ts';
import type { User } from './context.ts';

/** Whom tokens are for that name nobody: this API server. Also who issues them. */
export const apiAudience = 'https://kubernetes.default.svc.cluster.local';

/** What a token is bound to beside its account: it is good only as long as that is there. */
export interface Bound {
  readonly kind: 'Pod' | 'Secret' | 'Node';
  readonly name: string;
  readonly uid: string;
  /** The node that the pod is on. */
  readonly node?: { readonly name: string; readonly uid: string };
}
export interface TokenOrder {
  readonly account: Readonly<ServiceAccount>;
  readonly audiences: readonly string[];
  readonly seconds: number;
  readonly bound?: Bound | undefined;
}
interface Named {
  readonly name: string;
  readonly uid: string;
}
interface Claims {
  readonly aud: readonly string[];
  readonly exp: number;
  readonly nbf: number;
  readonly iss: string;
  readonly sub: string;
  readonly jti: string;
  readonly 'kubernetes.io': {
    readonly namespace: string;
    readonly serviceaccount: Named;
    readonly pod?: Named;
    readonly secret?: Named;
    readonly node?: Named;
  };
}
export interface TokenOptions {
  readonly store: Store<KubeObject>;
  readonly clock: Clock;
  readonly random: Random;
  /** PEM of a P-256 key; absent: one that is made when it is first needed, and gone with the process. */
  readonly key?: string | undefined;
}

const remembered = 1000;
/** A pod that goes may still need its token (kubernetes, serviceaccount/claims.go). */
const goneSeconds = 60;

/** Signs and reads the tokens of service accounts: JWT, ES256, with upstream's claims. */
export class ServiceAccountTokens {
  readonly #options: TokenOptions;
  #keys: { readonly signing: KeyObject; readonly verifying: KeyObject } | undefined;
  /** Tokens whose signature is good. */
  readonly #verified = new Map<string, Claims>();
  readonly #oldest = new OldestFirst(this.#verified);

  constructor(options: TokenOptions) {
    this.#options = options;
  }

  /** Answers the token and when it ends, in milliseconds since the epoch. */
  issue({ account, audiences, seconds, bound }: TokenOrder): { readonly token: string; readonly expires: number } {
    const { clock, random } = this.#options;
    const now = Math.floor(clock.now() / 1000);
    const { name, namespace = '', uid = '' } = account.metadata;
    const claims: Claims & { iat: number } = {
      aud: audiences,
      exp: now + seconds,
      iat: now,
      iss: apiAudience,
      jti: uuid(random),
      'kubernetes.io': { namespace, ...boundClaims(bound), serviceaccount: { name, uid } },
      nbf: now,
      sub: `system:serviceaccount:${namespace}:${name}`,
    };
    const body = `${encoded({ alg: 'ES256', typ: 'JWT' })}.${encoded(claims)}`;
    const signature = sign('sha256', Buffer.from(body), { key: this.#pair().signing, dsaEncoding: 'ieee-p1363' });
    return { token: `${body}.${signature.toString('base64url')}`, expires: (now + seconds) * 1000 };
  }

  /** Whose token it is, and which of `audiences` (the API server by default) it is for; undefined when it is not good, or no more. */
  async authenticate(token: string, audiences: readonly string[] = []): Promise<{ user: User; audiences: readonly string[] } | undefined> {
    const claims = this.#read(token);
    if (claims === undefined) return undefined;
    const now = this.#options.clock.now() / 1000;
    const wanted = audiences.length === 0 ? [apiAudience] : audiences;
    const meant = wanted.filter((audience) => claims.aud.includes(audience));
    if (meant.length === 0 || now > claims.exp || now < claims.nbf - 60) return undefined;
    return (await this.#isAlive(claims)) ? { user: userOf(claims), audiences: meant } : undefined;
  }

  /** Whether a text could be a token of ours: three parts, and the first one says how it is signed. */
  static looksLike(token: string): boolean {
    return token.startsWith('eyJ') && token.split('.').length === 3;
  }

  #read(token: string): Claims | undefined {
    const known = this.#verified.get(token);
    if (known !== undefined) return known;
    const [head = '', body = '', signature = ''] = token.split('.');
    const claims = decoded(body);
    if (decoded(head)?.['alg'] !== 'ES256' || !isClaims(claims)) return undefined;
    const good = verify(
      'sha256',
      Buffer.from(`${head}.${body}`),
      { key: this.#pair().verifying, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
    if (!good) return undefined;
    if (this.#verified.size >= remembered) this.#verified.delete(this.#oldest.next() ?? '');
    this.#verified.set(token, claims);
    return claims;
  }

  async #isAlive(claims: Claims): Promise<boolean> {
    const { namespace, serviceaccount, pod, secret, node } = claims['kubernetes.io'];
    const account = await this.#uidOf(`core/serviceaccounts/${namespace}/${serviceaccount.name}`);
    if (account !== serviceaccount.uid) return false;
    if (pod !== undefined) return (await this.#uidOf(`core/pods/${namespace}/${pod.name}`)) === pod.uid;
    if (secret !== undefined) return (await this.#uidOf(`core/secrets/${namespace}/${secret.name}`)) === secret.uid;
    return node === undefined || (await this.#uidOf(`core/nodes//${node.name}`)) === node.uid;
  }

  /** Undefined when it is not there, or has been going for long. */
  async #uidOf(key: string): Promise<string | undefined> {
    const metadata = (await this.#options.store.get(key))?.value().metadata;
    if (metadata?.deletionTimestamp === undefined) return metadata?.uid;
    const since = (this.#options.clock.now() - (parseTime(metadata.deletionTimestamp) ?? 0)) / 1000;
    return since > goneSeconds ? undefined : metadata.uid;
  }

  #pair(): { readonly signing: KeyObject; readonly verifying: KeyObject } {
    if (this.#keys === undefined) {
      const { key } = this.#options;
      const signing = key === undefined ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey : createPrivateKey(key);
      this.#keys = { signing, verifying: createPublicKey(signing) };
    }
    return this.#keys;
  }
}

/** PEM (PKCS #8) of a key for tokens. */
export function makeTokenKey(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function boundClaims(bound: Bound | undefined): Pick<Claims['kubernetes.io'], 'pod' | 'secret' | 'node'> {
  if (bound === undefined) return {};
  const own = { name: bound.name, uid: bound.uid };
  if (bound.kind === 'Secret') return { secret: own };
  if (bound.kind === 'Node') return { node: own };
  return { ...(bound.node !== undefined && { node: bound.node }), pod: own };
}

function userOf(claims: Claims): User {
  const { namespace, serviceaccount, pod, node } = claims['kubernetes.io'];
  const extra = {
    'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`],
    ...(node !== undefined && {
      'authentication.kubernetes.io/node-name': [node.name],
      'authentication.kubernetes.io/node-uid': [node.uid],
    }),
    ...(pod !== undefined && { 'authentication.kubernetes.io/pod-name': [pod.name], 'authentication.kubernetes.io/pod-uid': [pod.uid] }),
  };
  return { name: claims.sub, groups: [...accountGroups(namespace), 'system:authenticated'], uid: serviceaccount.uid, extra };
}

/** The groups that every account of a namespace is in. */
export function accountGroups(namespace: string): string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
function decoded(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined; // It is no token of ours.
  }
}
function isClaims(value: unknown): value is Claims {
  if (!isRecord(value) || value['iss'] !== apiAudience || !Array.isArray(value['aud'])) return false;
  const own = value['kubernetes.io'];
  return typeof value['exp'] === 'number' && typeof value['nbf'] === 'number' && isRecord(own) && isRecord(own['serviceaccount']);
}
