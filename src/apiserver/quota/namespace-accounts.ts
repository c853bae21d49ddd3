import { jsonEqual } from '../../base/json.ts';
import { QuotaAccount, type QuotaShape } from './account.ts';
import { Rounds } from './rounds.ts';
import type { Counted, Usage } from './usage.ts';

export interface AccountsOptions {
  /** Calls `loaded` when it is done. */
  load(counted: Counted): Promise<void>;
  /** Writes the status of a quota as its account is at that moment. */
  write(name: string): Promise<void>;
  failed(error: unknown): void;
}
/** One object has changed: `usage` is undefined when it is gone. */
export interface UsageChange {
  readonly uid: string;
  readonly usage: Usage | undefined;
  readonly revision: number;
}

interface Tracked {
  stored: Usage | undefined;
  /** Of writes that are under way. */
  readonly coming: Set<Usage>;
}
interface Account {
  readonly account: QuotaAccount;
  readonly rounds: Rounds;
}

/** The quotas of one namespace and all that they count. */
export class NamespaceAccounts {
  readonly #options: AccountsOptions;
  readonly #accounts = new Map<string, Account>();
  readonly #objects = new Map<string, Tracked>();
  /** By prefix: changes that came while what is there was being read; undefined when that is done. */
  readonly #loading = new Map<string, UsageChange[] | undefined>();
  /** Settles when everything that the quotas count is counted. */
  ready: Promise<void> = Promise.resolve();

  constructor(options: AccountsOptions) {
    this.#options = options;
  }

  /** In the order of their names. */
  accounts(): readonly QuotaAccount[] {
    return this.names().map((name) => (this.#accounts.get(name) as Account).account);
  }
  account(name: string): QuotaAccount | undefined {
    return this.#accounts.get(name)?.account;
  }
  names(): readonly string[] {
    return [...this.#accounts.keys()].sort();
  }

  put(quota: Readonly<QuotaShape>): void {
    const { name } = quota.metadata;
    const known = this.#accounts.get(name);
    if (known !== undefined && known.account.quota.metadata.uid === quota.metadata.uid && jsonEqual(known.account.quota.spec, quota.spec)) {
      if (!jsonEqual(quota.status, known.account.status())) this.#publish(known);
      return;
    }
    const account = { account: new QuotaAccount(quota), rounds: known?.rounds ?? new Rounds(() => this.#options.write(name)) };
    this.#accounts.set(name, account);
    for (const [uid, tracked] of this.#objects) account.account.set(uid, account.account.share(usagesOf(tracked)));
    for (const counted of account.account.counted()) this.#need(counted);
    // A failure to count has been told already.
    this.ready.then(() => this.#publish(account)).catch(() => undefined);
  }

  remove(name: string): void {
    this.#accounts.delete(name);
  }

  loaded(prefix: string, usages: ReadonlyMap<string, Usage>, revision: number): void {
    for (const [uid, usage] of usages) this.#store(uid, usage);
    const waiting = this.#loading.get(prefix) ?? [];
    this.#loading.set(prefix, undefined);
    for (const change of waiting) if (change.revision > revision) this.#store(change.uid, change.usage);
  }

  changed(prefix: string, change: UsageChange): void {
    if (!this.#loading.has(prefix)) return;
    const waiting = this.#loading.get(prefix);
    if (waiting === undefined) this.#store(change.uid, change.usage);
    else waiting.push(change);
  }

  /** Everything is counted again: changes were lost. */
  recount(): void {
    this.#loading.clear();
    for (const [uid] of [...this.#objects]) this.#store(uid, undefined);
    for (const { account } of this.#accounts.values()) for (const counted of account.counted()) this.#need(counted);
  }

  /** Holds `usage` for an object on its way to the store. Answers what lets go of it again. */
  reserve(uid: string, usage: Usage): () => void {
    const tracked = this.#tracked(uid);
    tracked.coming.add(usage);
    this.#settle(uid, tracked);
    return () => {
      if (tracked.coming.delete(usage)) this.#settle(uid, tracked);
    };
  }

  /** Resolves when the status of every quota says at least what is held now. */
  async published(): Promise<void> {
    await Promise.all([...this.#accounts.values()].map(({ rounds }) => rounds.reached()));
  }

  #need(counted: Counted): void {
    const prefix = prefixOf(counted);
    if (this.#loading.has(prefix)) return;
    this.#loading.set(prefix, []);
    const loading = this.#options.load(counted);
    this.ready = Promise.all([this.ready, loading]).then(() => undefined);
    this.ready.catch((error: unknown) => this.#options.failed(error));
  }

  #tracked(uid: string): Tracked {
    let tracked = this.#objects.get(uid);
    if (tracked === undefined) this.#objects.set(uid, (tracked = { stored: undefined, coming: new Set() }));
    return tracked;
  }

  #store(uid: string, usage: Usage | undefined): void {
    const tracked = this.#tracked(uid);
    tracked.stored = usage;
    this.#settle(uid, tracked);
  }

  #settle(uid: string, tracked: Tracked): void {
    if (tracked.stored === undefined && tracked.coming.size === 0) this.#objects.delete(uid);
    for (const one of this.#accounts.values()) {
      if (one.account.set(uid, one.account.share(usagesOf(tracked)))) this.#publish(one);
    }
  }

  #publish({ rounds }: Account): void {
    rounds.mark().catch((error: unknown) => this.#options.failed(error));
  }
}

function* usagesOf({ stored, coming }: Tracked): Generator<Usage> {
  if (stored !== undefined) yield stored;
  yield* coming;
}

/** The store's prefix of what is counted. */
export function prefixOf({ group, plural }: Counted): string {
  return `${group === '' ? 'core' : group}/${plural}/`;
}
