import * as baseline from './baseline.ts';
import type { Check, Finding, PodLike } from './findings.ts';
import { levelText, type LevelVersion } from './levels.ts';
import * as restricted from './restricted.ts';

/** The newest version that the rules know. */
const newest = 35;
const seLinuxTypes = ['', 'container_t', 'container_init_t', 'container_kvm_t'];

/** Rules by their id, whose order is that of messages; undefined where a version has none. */
function baselineChecks(minor: number): Readonly<Record<string, Check | undefined>> {
  return {
    appArmorProfile: baseline.appArmorProfile,
    capabilities_baseline: baseline.capabilitiesBaseline,
    hostNamespaces: baseline.hostNamespaces,
    hostPathVolumes: baseline.hostPathVolumes,
    hostPorts: baseline.hostPorts,
    hostProbesAndHostLifecycle: minor >= 34 ? baseline.hostProbesAndHostLifecycle : undefined,
    privileged: baseline.privileged,
    procMount: minor >= 35 ? baseline.unlessOwnUsers(baseline.procMount) : baseline.procMount,
    seLinuxOptions: baseline.seLinuxOptions(minor >= 31 ? [...seLinuxTypes, 'container_engine_t'] : seLinuxTypes),
    seccompProfile_baseline: minor >= 19 ? baseline.seccompProfileBaseline : baseline.seccompAnnotations,
    sysctls: baseline.sysctls(minor),
    windowsHostProcess: baseline.windowsHostProcess,
  };
}

/** What is stricter stands in place of the baseline's own. */
function restrictedChecks(minor: number): Readonly<Record<string, Check | undefined>> {
  const since = (version: number, check: Check): Check | undefined => (minor >= version ? check : undefined);
  const onWindows = (check: Check): Check => (minor >= 25 ? restricted.unlessWindows(check) : check);
  const ownUsers = (check: Check): Check => (minor >= 35 ? baseline.unlessOwnUsers(check) : check);
  return {
    ...baselineChecks(minor),
    hostPathVolumes: undefined,
    ...(minor >= 19 && { seccompProfile_baseline: undefined }),
    ...(minor >= 22 && { capabilities_baseline: undefined }),
    ...(minor >= 35 && { procMount: undefined }),
    allowPrivilegeEscalation: since(8, onWindows(restricted.allowPrivilegeEscalation)),
    capabilities_restricted: since(22, onWindows(restricted.capabilitiesRestricted)),
    procMount_restricted: since(35, baseline.procMount),
    restrictedVolumes: restricted.restrictedVolumes,
    runAsNonRoot: ownUsers(restricted.runAsNonRoot),
    runAsUser: since(23, ownUsers(restricted.runAsUser)),
    seccompProfile_restricted: since(19, onWindows(restricted.seccompProfileRestricted)),
  };
}

const kept = new Map<string, readonly Check[]>();

function checksOf({ level, minor }: LevelVersion): readonly Check[] {
  if (level === 'privileged') return [];
  const version = minor === 'latest' ? newest : Math.min(minor, newest);
  const key = `${level}:${version}`;
  let checks = kept.get(key);
  if (checks === undefined) {
    const byId = level === 'baseline' ? baselineChecks(version) : restrictedChecks(version);
    const ids = Object.keys(byId).sort();
    kept.set(key, (checks = ids.map((id) => byId[id]).filter((check) => check !== undefined)));
  }
  return checks;
}

/** What a level has against a pod, rule by rule. */
export function evaluate(pod: PodLike, level: LevelVersion): Finding[] {
  return checksOf(level)
    .map((check) => check(pod))
    .filter((finding) => finding !== undefined);
}

/** `violate PodSecurity "restricted:latest": reason (detail), reason (detail)`, after `would` or with an `s`. */
export function findingsText(level: LevelVersion, findings: readonly Finding[]): string {
  const list = findings.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ');
  return `PodSecurity ${JSON.stringify(levelText(level))}: ${list}`;
}
