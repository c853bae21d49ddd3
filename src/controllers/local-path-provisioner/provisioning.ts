import type { Context } from '../../reconcile/controller.ts';

/** Who makes the volumes, as classes name it. */
export const provisioner = 'steersman.dev/local-path';
/** Holds a volume until its folder is gone, whichever way it goes; the name is that of every external provisioner. */
export const finalizer = 'external-provisioner.volume.kubernetes.io/finalizer';

/** Folders of a machine, one for each volume. Names are those of volumes, `pvc-` and a uid; others are refused. */
export interface VolumeFolders {
  /** Where the folder is, absolute; it need not be there. */
  pathOf(name: string): string;
  /** Makes it, open to every user of whoever may reach it; it may be there already. Until it is settled it counts as begun. */
  make(name: string): Promise<void>;
  /** Its volume is written. */
  settle(name: string): Promise<void>;
  /** Takes it away with all that is in it; it may be gone already. */
  remove(name: string): Promise<void>;
  /** Those that were begun and not settled, by name. */
  begun(): Promise<readonly string[]>;
}
export interface Provisioning {
  readonly context: Context;
  readonly folders: VolumeFolders;
}

/** The volume of a claim. */
export function volumeName(claimUid: string): string {
  return `pvc-${claimUid}`;
}
export function isVolumeName(name: string): boolean {
  return /^pvc-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name);
}
