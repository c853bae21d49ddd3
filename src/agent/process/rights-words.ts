import { RuntimeError, type Launch } from '../runtime.ts';

/** As Docker, less mknod and setpcap, which nobody needs whose devices are given, and less what would change the rest. */
const usual = [
  'chown',
  'dac_override',
  'fsetid',
  'fowner',
  'net_raw',
  'setgid',
  'setuid',
  'setfcap',
  'net_bind_service',
  'sys_chroot',
  'kill',
  'audit_write',
];
/** What is given to those who ask: it reaches no further than namespaces of their own. */
const harmless = ['net_admin', 'net_broadcast', 'ipc_lock', 'ipc_owner', 'sys_ptrace', 'sys_nice', 'setpcap', 'lease'];
const others = [
  ...['audit_control', 'audit_read', 'block_suspend', 'bpf', 'checkpoint_restore', 'dac_read_search', 'linux_immutable', 'mac_admin'],
  ...['mac_override', 'mknod', 'perfmon', 'sys_admin', 'sys_boot', 'sys_module', 'sys_pacct', 'sys_rawio', 'sys_resource', 'sys_time'],
  ...['sys_tty_config', 'syslog', 'wake_alarm'],
];
const known = [...usual, ...harmless, ...others];

/** Words of setpriv, and sentences about what is not given. */
export interface RightsWords {
  readonly words: readonly string[];
  readonly notGiven: readonly string[];
}
type Asked = NonNullable<Launch['rights']>;

/** In namespaces of its own: never new privileges, and at most what leads nowhere else. @throws RuntimeError CreateContainerError for a capability that nobody knows */
export function isolatedRights(launch: Launch): RightsWords {
  const rights = checked(launch);
  const where = `container ${launch.container}`;
  const refused = asked(rights.add).filter((one) => one !== 'all' && others.includes(one));
  const given = setOf(usual, rights, [...usual, ...harmless]);
  return {
    words: ['--no-new-privs', '--bounding-set', ['-all', ...given.map((one) => `+${one}`)].join(','), '--inh-caps', '-all'],
    notGiven: [
      ...refused.map((one) => `${where}: it does not get the capability ${one.toUpperCase()}, which reaches beyond its own namespaces`),
      ...(rights.privileged === true ? [`${where}: it is not privileged: it keeps to namespaces of its own`] : []),
      ...profileWords(launch),
    ],
  };
}

/** As a process like any other: rights may be taken from it and not given. `setpriv`: the program is there. */
export function plainRights(launch: Launch, { root, setpriv }: { readonly root: boolean; readonly setpriv: boolean }): RightsWords {
  const rights = checked(launch);
  const where = `container ${launch.container}`;
  const drops = (rights.drop ?? []).length > 0;
  const less = drops || rights.noNewPrivileges === true;
  const notGiven = [...profileWords(launch), ...(root ? [] : ordinaryWords(where, rights))];
  if (less && !setpriv) notGiven.push(`${where}: no right can be taken from it: there is no setpriv on this machine`);
  if (!less || !setpriv) return { words: [], notGiven };
  // Who has no capabilities gets none by programs that are marked so.
  const words = rights.noNewPrivileges === true || !root ? ['--no-new-privs'] : [];
  if (!drops || !root) return { words, notGiven };
  const kept = setOf(known, rights, known);
  return { words: [...words, '--bounding-set', ['-all', ...kept.map((one) => `+${one}`)].join(','), '--inh-caps', '-all'], notGiven };
}

function ordinaryWords(where: string, rights: Asked): string[] {
  const why = 'it has the rights of the user who runs steer';
  return [
    ...((rights.add ?? []).length > 0 ? [`${where}: it gets no capabilities: ${why}`] : []),
    ...(rights.privileged === true ? [`${where}: it is not privileged: ${why}`] : []),
  ];
}

function setOf(from: readonly string[], rights: Asked, givable: readonly string[]): string[] {
  const drop = asked(rights.drop);
  const add = asked(rights.add);
  const kept = drop.includes('all') ? [] : from.filter((one) => !drop.includes(one));
  const added = add.includes('all') ? givable.filter((one) => !drop.includes(one)) : givable.filter((one) => add.includes(one));
  return [...new Set([...kept, ...added])];
}

function asked(names: readonly string[] | undefined): string[] {
  return (names ?? []).map((name) => name.toLowerCase());
}

function checked({ rights = {} }: Launch): Asked {
  const unknown = asked([...(rights.add ?? []), ...(rights.drop ?? [])]).find((one) => one !== 'all' && !known.includes(one));
  if (unknown === undefined) return rights;
  throw new RuntimeError('CreateContainerError', `unknown capability ${JSON.stringify(`CAP_${unknown.toUpperCase()}`)}`);
}

function profileWords({ container, rights }: Launch): string[] {
  return (rights?.profiles ?? []).map((profile) => `container ${container}: its ${profile} is not applied: this runtime has none`);
}
