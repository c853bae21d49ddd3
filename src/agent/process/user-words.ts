import type { Launch } from '../runtime.ts';
import type { PodRecord } from './protocol.ts';

/** The user that a container names by number; its group is its own where it names none. */
export function wantedUser(launch: Launch): { uid: number; gid: number } | undefined {
  const [uid, gid] = (launch.user ?? '').split(':');
  if (uid === undefined || !/^\d+$/.test(uid)) return undefined;
  return { uid: Number(uid), gid: gid !== undefined && /^\d+$/.test(gid) ? Number(gid) : Number(uid) };
}

/** What makes setpriv change to that user and to the pod's groups; none where root goes on as it is. Only root may do this. */
export function userWords(pod: PodRecord, launch: Launch): string[] {
  const user = wantedUser(launch);
  const groups = pod.groups.length === 0 ? ['--clear-groups'] : ['--groups', pod.groups.join(',')];
  if (user === undefined) return pod.groups.length === 0 ? [] : groups;
  return ['--reuid', String(user.uid), '--regid', String(user.gid), ...groups];
}
