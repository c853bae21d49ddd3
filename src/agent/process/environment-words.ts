/** Names that no program on the way to the command takes notice of, and that a shell passes on as they are. */
const harmless =
  /^(?!LD|LIB|GLIBC|MALLOC|BASH|STEER_)[A-Z][A-Z0-9_]*_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT|PORT_\d+_(TCP|UDP|SCTP)(_[A-Z]+)?)$|^STEER_CONTAINER$/;
const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Shells give these a meaning or refuse to change them. */
const ofShells = /^(IFS|PS[0-9]|OPTIND|OPTARG|PPID|UID|EUID|GID|EGID|LINENO|PWD|OLDPWD|SHLVL|SHELLOPTS|BASH.*|ENV|_)$/;

export interface EnvironmentWords {
  /** What the programs on the way are started with: values under names that mean nothing to them. */
  readonly carried: Readonly<Record<string, string>>;
  /** Lines of shell that give the values their names. */
  readonly lines: string;
  /** For names that a shell cannot hold: what stands between `exec` and the command, quoted for a shell. */
  readonly prefix: string;
}

/**
 * Carries a container's environment past programs that run with more rights than the container: LD_PRELOAD and its like must mean
 * nothing to them. Values travel in the environment, not in arguments, which everybody on a machine can read.
 */
export function environmentWords(env: Readonly<Record<string, string>>): EnvironmentWords {
  const carried: Record<string, string> = {};
  const lines: string[] = [];
  const dropped: string[] = [];
  const words: string[] = [];
  Object.entries(env).forEach(([name, value], at) => {
    if (harmless.test(name)) {
      carried[name] = value;
      return;
    }
    const carrier = `STEER_${at}`;
    carried[carrier] = value;
    if (identifier.test(name) && !ofShells.test(name)) lines.push(`export ${name}="$${carrier}"; unset ${carrier}`);
    else {
      dropped.push(`-u ${carrier}`);
      words.push(`'${name.replaceAll("'", `'\\''`)}'="$${carrier}"`);
    }
  });
  return { carried, lines: lines.join('\n'), prefix: words.length === 0 ? '' : `/usr/bin/env ${[...dropped, ...words].join(' ')}` };
}
