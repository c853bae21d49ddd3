import type { environmentWords } from './environment-words.ts';

/**
 * A shell script that gives the environment its names, enters the folder $1 (`.`: it is there already) and becomes the command in the words after it. It says
 * `ok` on descriptor 3 just before, or there what is wrong.
 */
export function becomeScript(env: ReturnType<typeof environmentWords>): string {
  return [
    `fail() { printf '%s\\n' "$1" >&3; exit 127; }`,
    `[ "$1" = . ] || cd "$1" 2>/dev/null || fail "the working folder $1 is not there"`,
    'shift; unset LC_ALL',
    env.lines,
    `command -v -- "$1" >/dev/null 2>&1 || { case $1 in */*) fail "exec: \\"$1\\": no such file or directory";; *) fail "exec: \\"$1\\": executable file not found in \\$PATH";; esac; }`,
    'unset SHLVL OLDPWD',
    'echo ok >&3; exec 3>&-',
    `exec ${env.prefix} "$@"`,
  ].join('\n');
}

/** A shell script that joins the control groups given as words before `--`, and becomes what follows. */
export const joinScript =
  'while [ "$1" != -- ]; do echo 0 >"$1" || { echo "cannot join the control group $1" >&3; exit 126; }; shift; done; shift; exec "$@"';
