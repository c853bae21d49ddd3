import type { ApiRequest } from '../api/http.ts';
import { createAuthentication, type Authenticate } from '../apiserver/authentication.ts';
import type { User } from '../apiserver/context.ts';
import type { Random } from '../base/random.ts';

/** `system:controller:deployment-controller` for the identity `deployment-controller`. */
export function controllerUser(identity: string): User {
  return { name: `system:controller:${identity}`, groups: [] };
}
export function nodeUser(node: string): User {
  return { name: `system:node:${node}`, groups: ['system:nodes'] };
}
export const schedulerUser: User = { name: 'system:kube-scheduler', groups: [] };
export const proxyUser: User = { name: 'system:kube-proxy', groups: [] };
/** What the API server writes of itself. */
export const apiServerUser: User = { name: 'system:apiserver', groups: ['system:masters'] };
/** Whose lists and watches all controllers share. */
export const informersUser: User = { name: 'system:kube-controller-manager', groups: [] };
export const gitopsUser: User = { name: 'steersman', groups: [] };
export const adminUser: User = { name: 'kubernetes-admin', groups: ['system:masters'] };

/** A token for each user, made by chance when it is first asked for and kept in memory only. */
export class Identities {
  readonly #random: Random;
  readonly #tokens = new Map<string, string>();
  readonly #users = new Map<string, User>();
  #known: Authenticate = createAuthentication(new Map());

  constructor(random: Random) {
    this.#random = random;
  }

  /** The value of an Authorization header. */
  authorization(user: User): string {
    let token = this.#tokens.get(user.name);
    if (token === undefined) {
      token = Buffer.from(this.#random.bytes(32)).toString('hex');
      this.#tokens.set(user.name, token);
      this.#users.set(token, user);
      this.#known = createAuthentication(this.#users);
    }
    return `Bearer ${token}`;
  }

  readonly authenticate = (request: ApiRequest): User | undefined => this.#known(request);
}
