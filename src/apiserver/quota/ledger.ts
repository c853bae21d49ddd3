import type { KubeObject } from '../../api/object.ts';
import { isNotFound } from '../../api/status.ts';
import { clone } from '../../base/json.ts';
import { errorText } from '../../base/log.ts';
import { Compacted, StoreClosed, type Change, type Entry } from '../../store/store.ts';
import type { ServerContext } from '../context.ts';
import { keyParts } from '../entry-fields.ts';
import { internalCall, kindOf, serverOptions } from '../internal-call.ts';
import { followResource, type Follower } from '../mirror.ts';
import { modify } from '../rest/modify.ts';
import { revisionOf } from '../watch-hub.ts';
import type { QuotaShape } from './account.ts';
import { NamespaceAccounts, prefixOf } from './namespace-accounts.ts';
import { usageOf, type Counted } from './usage.ts';

const quotas = 'core/resourcequotas/';

/**
 * Counts the objects of every namespace that has a quota, as the store's changes say, and what is on its way to the store beside them.
 * So a check and its reservation are one step, whoever else is writing. `status.used` of the quotas follows, once for all that wait.
 * Namespaces without a quota cost nothing.
 */
export class QuotaLedger implements Follower {
  readonly #serverOf: () => ServerContext;
  readonly #namespaces = new Map<string, NamespaceAccounts>();
  /** Resources that are followed, by their prefix. */
  readonly #followed = new Set<string>();

  /** The server may be made after its ledger. */
  constructor(serverOf: () => ServerContext) {
    this.#serverOf = serverOf;
  }

  /** Resolves when the quotas that are stored are counted. */
  async open(): Promise<void> {
    await followResource(this.#server, quotas, this);
    await Promise.all([...this.#namespaces.values()].map((accounts) => accounts.ready));
  }

  /** Undefined for a namespace without quotas. */
  accountsOf(namespace: string): NamespaceAccounts | undefined {
    return this.#namespaces.get(namespace);
  }

  reset(entries: readonly Entry<KubeObject>[]): void {
    const present = new Set(entries.map(({ key }) => key));
    for (const [namespace, accounts] of this.#namespaces) {
      for (const name of accounts.names()) if (!present.has(`${quotas}${namespace}/${name}`)) this.#drop(namespace, name);
    }
    for (const entry of entries) this.#quotaStored(entry);
  }

  take(change: Change<KubeObject>): void {
    const { namespace, name } = keyParts(change.entry.key);
    if (change.type === 'put') this.#quotaStored(change.entry);
    else this.#drop(namespace, name);
  }

  get #server(): ServerContext {
    return this.#serverOf();
  }

  #quotaStored(entry: Entry<KubeObject>): void {
    const { namespace } = keyParts(entry.key);
    let accounts = this.#namespaces.get(namespace);
    if (accounts === undefined) {
      accounts = new NamespaceAccounts({
        load: (counted) => this.#load(namespace, counted),
        write: (name) => this.#writeStatus(namespace, name),
        failed: (error) => this.#report(namespace, error),
      });
      this.#namespaces.set(namespace, accounts);
    }
    accounts.put(entry.value() as QuotaShape);
  }

  #drop(namespace: string, name: string): void {
    const accounts = this.#namespaces.get(namespace);
    accounts?.remove(name);
    if (accounts?.names().length === 0) this.#namespaces.delete(namespace);
  }

  /** Counts what is there of a resource; changes that come meanwhile wait in the accounts. */
  async #load(namespace: string, counted: Counted): Promise<void> {
    const prefix = prefixOf(counted);
    this.#follow(prefix, counted);
    const { entries, revision } = await this.#server.store.list(`${prefix}${namespace}/`);
    const usages = new Map<string, ReturnType<typeof usageOf>>();
    for (const entry of entries) usages.set(uidOf(entry), usageOf(counted, entry.value()));
    this.#namespaces.get(namespace)?.loaded(prefix, usages, revision);
  }

  #follow(prefix: string, counted: Counted): void {
    if (this.#followed.has(prefix)) return;
    this.#followed.add(prefix);
    const { hub, store } = this.#server;
    const take = (change: Change<KubeObject>): void => {
      const accounts = this.#namespaces.get(keyParts(change.entry.key).namespace);
      if (accounts === undefined) return;
      const usage = change.type === 'put' ? usageOf(counted, change.entry.value()) : undefined;
      accounts.changed(prefix, { uid: uidOf(change.entry), usage, revision: revisionOf(change) });
    };
    const fail = (error: unknown): void => {
      seat[Symbol.dispose]();
      if (!(error instanceof Compacted)) return;
      // What was lost in between is counted anew.
      this.#followed.delete(prefix);
      for (const accounts of this.#namespaces.values()) accounts.recount();
    };
    const seat = hub.subscribe({ take, fail }, { resource: prefix, prefix, from: store.revision() });
  }

  async #writeStatus(namespace: string, name: string): Promise<void> {
    const server = this.#server;
    const kind = kindOf(server, { group: '', version: 'v1', kind: 'ResourceQuota' });
    const key = { namespace, name };
    const next = (live: Readonly<KubeObject>): KubeObject => {
      const account = this.#namespaces.get(namespace)?.account(name);
      return account === undefined ? (clone(live) as KubeObject) : ({ ...clone(live), status: account.status() } as KubeObject);
    };
    try {
      await modify(internalCall(server, kind, key, 'status'), key, { options: serverOptions, subresource: 'status', attempts: 20, next });
    } catch (error) {
      // Its quota is gone, and nothing holds the object back.
      if (!isNotFound(error)) throw error;
    }
  }

  #report(namespace: string, error: unknown): void {
    if (this.#server.signal.aborted || error instanceof StoreClosed) return;
    this.#server.log.error('the status of a quota could not be written', { namespace, error: errorText(error) });
  }
}

function uidOf(entry: Entry<KubeObject>): string {
  return entry.value().metadata.uid ?? entry.key;
}
