import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { SourceCredentials, SourceSpec } from '../source.ts';

/** Keys that came as text, as files that ssh can read: mode 0600 in a folder of mode 0700, taken away at the end. */
export class KeyFiles {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #written = new Map<string, Promise<string>>();

  constructor(directory: string, clock: Clock) {
    this.#folder = join(directory, `keys-${process.pid}`);
    this.#clock = clock;
  }

  /** The spec with files in place of texts. One without texts is answered as it is. */
  async withFiles(spec: SourceSpec): Promise<SourceSpec> {
    const { sshKey, knownHosts, ...rest } = spec.credentials ?? {};
    if (sshKey === undefined && knownHosts === undefined) return spec;
    const credentials: SourceCredentials = {
      ...rest,
      ...(sshKey === undefined ? {} : { sshKeyFile: await this.#file(sshKey) }),
      ...(knownHosts === undefined ? {} : { knownHostsFile: await this.#file(knownHosts) }),
    };
    return { ...spec, credentials };
  }

  async close(): Promise<void> {
    if (this.#written.size > 0) await this.#clock.outside(rm(this.#folder, { recursive: true, force: true }));
  }

  #file(text: string): Promise<string> {
    const name = createHash('sha256').update(text).digest('hex').slice(0, 32);
    let file = this.#written.get(name);
    if (file === undefined) this.#written.set(name, (file = this.#clock.outside(this.#write(name, text))));
    return file;
  }

  async #write(name: string, text: string): Promise<string> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const path = join(this.#folder, name);
    // ssh refuses a key whose last line does not end.
    await writeFile(path, text.endsWith('\n') ? text : `${text}\n`, { mode: 0o600 });
    return path;
  }
}
