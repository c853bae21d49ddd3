import { readFile } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import { runExecPlugin, type ExecCredential } from './exec-credential.ts';
import { KubeconfigError, type Content, type KubeContext } from './kubeconfig.ts';

/** How a caller proves who it is. */
export interface Credentials {
  readonly authorization?: string;
  readonly certificate?: { readonly cert: string; readonly key: string };
}
/** As client-go: a token file is read again after a minute. */
const tokenFileMs = 60_000;

/** Bytes of a kubeconfig, read anew when they are in a file. @throws KubeconfigError */
export async function readContent(content: Content, clock: Clock): Promise<string> {
  if ('text' in content) return content.text;
  try {
    return await clock.outside(readFile(content.file, 'utf8'));
  } catch (cause) {
    throw new KubeconfigError(`${content.file}, which the kubeconfig names, cannot be read: ${(cause as Error).message}`, cause);
  }
}

/** The credentials of one context, kept as long as they are good. */
export class Identity {
  readonly #context: KubeContext;
  readonly #clock: Clock;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  #certificate: Promise<Credentials['certificate']> | undefined;
  #fileToken: { readonly token: string; readonly readAt: number } | undefined;
  #plugin: Promise<ExecCredential> | undefined;

  /** @throws KubeconfigError for a way to authenticate that we do not have */
  constructor(context: KubeContext, options: { clock: Clock; environment: Readonly<Record<string, string | undefined>> }) {
    this.#context = context;
    this.#clock = options.clock;
    this.#environment = options.environment;
    const { unsupported } = context.user;
    if (unsupported !== undefined) {
      throw new KubeconfigError(`context "${context.name}" authenticates by ${unsupported}, which is not supported: use an exec plugin`);
    }
  }

  /** Whether asking again after a 401 can give other credentials. */
  get renewable(): boolean {
    return this.#context.user.exec !== undefined || this.#context.user.tokenFile !== undefined;
  }

  async current(): Promise<Credentials> {
    const plugin = this.#context.user.exec === undefined ? undefined : await this.#fromPlugin();
    const authorization = await this.#authorization(plugin?.token);
    const certificate = plugin?.certificate ?? (await (this.#certificate ??= this.#readCertificate()));
    return { ...(authorization !== undefined && { authorization }), ...(certificate !== undefined && { certificate }) };
  }

  /** The server refused what we had. */
  forget(): void {
    this.#plugin = undefined;
    this.#fileToken = undefined;
  }

  async #authorization(pluginToken: string | undefined): Promise<string | undefined> {
    const { user } = this.#context;
    if (user.tokenFile !== undefined) return `Bearer ${await this.#tokenFromFile(user.tokenFile)}`;
    const token = user.token ?? pluginToken;
    if (token !== undefined) return `Bearer ${token}`;
    if (user.basic === undefined) return undefined;
    return `Basic ${Buffer.from(`${user.basic.username}:${user.basic.password}`).toString('base64')}`;
  }

  async #tokenFromFile(file: string): Promise<string> {
    const kept = this.#fileToken;
    if (kept !== undefined && this.#clock.now() - kept.readAt < tokenFileMs) return kept.token;
    const token = (await readContent({ file }, this.#clock)).trim();
    if (token === '') throw new KubeconfigError(`the token file ${file} is empty`);
    this.#fileToken = { token, readAt: this.#clock.now() };
    return token;
  }

  /** One run serves all who ask meanwhile, and later ones until it expires. */
  async #fromPlugin(): Promise<ExecCredential> {
    const kept = this.#plugin;
    if (kept !== undefined) {
      const credential = await kept;
      if (credential.expiresAt === undefined || credential.expiresAt > this.#clock.now()) return credential;
      if (this.#plugin === kept) this.#plugin = undefined;
    }
    const running = (this.#plugin ??= this.#runPlugin());
    try {
      return await running;
    } catch (error) {
      if (this.#plugin === running) this.#plugin = undefined;
      throw error;
    }
  }

  async #runPlugin(): Promise<ExecCredential> {
    const { cluster, user } = this.#context;
    if (user.exec === undefined) throw new KubeconfigError(`context "${this.#context.name}" has no credential plugin`);
    const authorityText = cluster.authority === undefined ? undefined : await readContent(cluster.authority, this.#clock);
    const described = authorityText === undefined ? cluster : { ...cluster, authorityText };
    return runExecPlugin(user.exec, { clock: this.#clock, environment: this.#environment, cluster: described });
  }

  async #readCertificate(): Promise<Credentials['certificate']> {
    const { certificate, key } = this.#context.user;
    if (certificate === undefined && key === undefined) return undefined;
    if (certificate === undefined || key === undefined) {
      throw new KubeconfigError(
        `the user of context "${this.#context.name}" has a client certificate without its key, or a key without its certificate`,
      );
    }
    return { cert: await readContent(certificate, this.#clock), key: await readContent(key, this.#clock) };
  }
}

/** Impersonation as headers (kubernetes authentication, user impersonation). */
export function impersonationHeaders(context: KubeContext): Record<string, string | string[]> {
  const as = context.user.impersonate;
  if (as === undefined) return {};
  const headers: Record<string, string | string[]> = { 'impersonate-user': as.user };
  if (as.uid !== undefined) headers['impersonate-uid'] = as.uid;
  if (as.groups.length > 0) headers['impersonate-group'] = [...as.groups];
  for (const [name, values] of Object.entries(as.extra))
    headers[`impersonate-extra-${encodeURIComponent(name.toLowerCase())}`] = [...values];
  return headers;
}
