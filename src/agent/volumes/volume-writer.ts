import { chmod, chown } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod, Volume } from '../../api/kinds.generated.ts';
import { timestamp, type Clock } from '../../base/clock.ts';
import { writeAtomically, type Payload } from './atomic-folder.ts';
import { giveToGroup } from './give-to-group.ts';
import { makePodFolder, podFolder, type PodFolders } from './folders.ts';

export interface WriterOptions {
  readonly pod: Readonly<Pod>;
  readonly folders: PodFolders;
  readonly clock: Clock;
  /** What this machine cannot give, as a sentence. */
  notGiven(sentence: string): void;
}

/** Makes the folders of a pod's volumes, with the owners and permissions that a kubelet gives them. */
export class VolumeWriter {
  readonly #options: WriterOptions;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** What may hold secrets is in memory where there is such a place. @throws Error for a name that is none */
  folderOf(volume: Volume): string {
    if (!/^[a-z0-9][a-z0-9-]*$/.test(volume.name)) throw new Error(`the volume name ${JSON.stringify(volume.name)} cannot name a folder`);
    return join(podFolder(this.#rootOf(volume), this.#options.pod.metadata.uid ?? ''), 'volumes', volume.name);
  }

  #rootOf(volume: Volume): string {
    const { root, memory = root } = this.#options.folders;
    return volume.secret !== undefined || volume.projected !== undefined || volume.emptyDir?.medium === 'Memory' ? memory : root;
  }

  async #make(volume: Volume, mode: number): Promise<string> {
    const path = this.folderOf(volume);
    const { folders, pod } = this.#options;
    await makePodFolder(folders, this.#rootOf(volume), { uid: pod.metadata.uid ?? '', path, mode });
    return path;
  }

  async makeEmpty(volume: Volume): Promise<void> {
    const folder = await this.#make(volume, 0o777);
    const group = this.#group();
    if (group !== undefined) await chown(folder, process.getuid?.() ?? 0, group);
    await chmod(folder, group === undefined ? 0o777 : 0o2777);
  }

  async write(volume: Volume, payload: Payload): Promise<void> {
    const folder = await this.#make(volume, 0o755);
    await chmod(folder, 0o755);
    const stamp = timestamp(this.#options.clock).replaceAll(/[-T:]/g, '_').replace('Z', '');
    const group = this.#group();
    if (group === undefined) await writeAtomically(folder, payload, { stamp });
    else {
      const readable = new Map([...payload].map(([path, file]) => [path, { ...file, mode: file.mode | 0o440 }]));
      await writeAtomically(folder, readable, { stamp, group });
    }
  }

  /** Gives the files of a volume that outlives the pod to the pod's group. */
  async own(path: string): Promise<void> {
    const group = this.#group();
    if (group === undefined) return;
    const onlyIfRootDiffers = this.#options.pod.spec?.securityContext?.fsGroupChangePolicy === 'OnRootMismatch';
    await giveToGroup(path, group, { onlyIfRootDiffers });
  }

  /** The fsGroup, where this process may give files to a group. */
  #group(): number | undefined {
    const group = this.#options.pod.spec?.securityContext?.fsGroup;
    if (group === undefined || process.getuid?.() === 0) return group;
    this.#options.notGiven(`fsGroup ${group}: only root can give the files of volumes to a group`);
    return undefined;
  }
}
