import { spawn } from 'node:child_process';
import { parseTime, type Clock } from '../base/clock.ts';
import { isRecord } from '../base/json.ts';
import { KubeconfigError, type ClusterEntry, type ExecEntry } from './kubeconfig.ts';

/** What a credential plugin gave (client.authentication.k8s.io, ExecCredentialStatus). */
export interface ExecCredential {
  readonly token?: string;
  readonly certificate?: { readonly cert: string; readonly key: string };
  /** Milliseconds since the epoch; undefined: as long as the process lives. */
  readonly expiresAt?: number;
}
export interface ExecOptions {
  readonly clock: Clock;
  /** What the plugin's process is started with, beside its own `env`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Told to the plugin when it asks for it; the authority as PEM text. */
  readonly cluster: ClusterEntry & { readonly authorityText?: string };
}

const versions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

/** Runs a credential plugin once. @throws KubeconfigError that says what the plugin did */
export async function runExecPlugin(exec: ExecEntry, options: ExecOptions): Promise<ExecCredential> {
  if (!versions.includes(exec.apiVersion)) {
    throw new KubeconfigError(
      `the credential plugin ${exec.command} speaks ${exec.apiVersion || 'no apiVersion'}; known are ${versions.join(' and ')}`,
    );
  }
  if (exec.interactiveMode === 'Always') {
    throw new KubeconfigError(
      `the credential plugin ${exec.command} needs a terminal (interactiveMode Always), which it cannot be given here`,
    );
  }
  const output = await options.clock.outside(run(exec, options));
  return readCredential(exec, output);
}

function run(exec: ExecEntry, options: ExecOptions): Promise<string> {
  const env = { ...options.environment, ...exec.env, KUBERNETES_EXEC_INFO: JSON.stringify(execInfo(exec, options.cluster)) };
  return new Promise((resolve, reject) => {
    const child = spawn(exec.command, exec.args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const complaints: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => out.push(part));
    child.stderr.on('data', (part: Buffer) => complaints.push(part));
    child.once('error', (cause: NodeJS.ErrnoException) => {
      const hint = exec.installHint === '' ? '' : `\n${exec.installHint}`;
      const why = cause.code === 'ENOENT' ? 'is not installed' : `cannot be run: ${cause.message}`;
      reject(new KubeconfigError(`the credential plugin ${exec.command} ${why}${hint}`, cause));
    });
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(Buffer.concat(out).toString());
      const said = Buffer.concat(complaints).toString().trim();
      reject(
        new KubeconfigError(
          `the credential plugin ${exec.command} failed (${signal ?? `exit code ${code}`})${said === '' ? '' : `: ${said}`}`,
        ),
      );
    });
  });
}

function execInfo(exec: ExecEntry, cluster: ExecOptions['cluster']): object {
  const info = {
    server: cluster.server,
    ...(cluster.serverName !== undefined && { 'tls-server-name': cluster.serverName }),
    ...(cluster.insecure && { 'insecure-skip-tls-verify': true }),
    ...(cluster.authorityText !== undefined && { 'certificate-authority-data': Buffer.from(cluster.authorityText).toString('base64') }),
    ...(cluster.proxy !== undefined && { 'proxy-url': cluster.proxy }),
  };
  const spec = { interactive: false, ...(exec.provideClusterInfo && { cluster: info }) };
  return { kind: 'ExecCredential', apiVersion: exec.apiVersion, spec };
}

function readCredential(exec: ExecEntry, output: string): ExecCredential {
  const failure = (why: string, cause?: unknown) => new KubeconfigError(`the credential plugin ${exec.command} ${why}`, cause);
  let answer: unknown;
  try {
    answer = JSON.parse(output);
  } catch (cause) {
    throw failure('did not answer JSON', cause);
  }
  if (!isRecord(answer) || answer['kind'] !== 'ExecCredential') throw failure('did not answer an ExecCredential');
  if (answer['apiVersion'] !== exec.apiVersion) throw failure(`answered ${String(answer['apiVersion'])}, asked was ${exec.apiVersion}`);
  const status = isRecord(answer['status']) ? answer['status'] : {};
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp: expires } = status;
  if ((cert === undefined) !== (key === undefined))
    throw failure('answered a certificate without its key, or a key without its certificate');
  if (typeof token !== 'string' && typeof cert !== 'string') throw failure('answered neither a token nor a certificate');
  const expiresAt = typeof expires === 'string' ? parseTime(expires) : undefined;
  return {
    ...(typeof token === 'string' && { token }),
    ...(typeof cert === 'string' && typeof key === 'string' && { certificate: { cert, key } }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}
