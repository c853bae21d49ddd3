import type { Application } from '../../api/kinds.generated.ts';
import { keyOf } from '../../api/object.ts';
import { parseTime } from '../../base/clock.ts';
import { formatAge } from '../../base/duration.ts';
import { printable } from '../../report/wording.ts';
import { declaredApplications, pickApplication } from '../application.ts';
import { applicationArgument, dataDirOption, namespaceOption, outputOption, type Command } from '../command.ts';
import { print, printJson, tableText } from '../output.ts';
import { withSession, type Session } from '../session.ts';

export const statusCommand: Command = {
  name: 'status',
  summary: 'shows whether applications are synced and healthy, and why not',
  arguments: [applicationArgument],
  options: [dataDirOption, namespaceOption, outputOption],
  examples: [
    ['steer status', 'all applications'],
    ['steer status shop', 'one of them, with what it is doing'],
  ],
  run: (call) =>
    withSession(call, async (session) => {
      const all = call.arguments[0] === undefined ? await declaredApplications(session) : [];
      const chosen = all.length > 1 ? all : [await pickApplication(session, call.arguments[0], call)];
      if (session.json) printJson(session.environment, all.length > 1 ? chosen : chosen[0]);
      else if (chosen.length > 1) print(session.environment, table(chosen, session));
      else print(session.environment, details(chosen[0] as Readonly<Application>, session));
      return 0;
    }),
};

function table(applications: readonly Readonly<Application>[], session: Session): string {
  const now = session.environment.clock.now();
  const rows = applications.map((one) => {
    const { namespace, name } = keyOf(one);
    const created = parseTime(one.metadata.creationTimestamp);
    const { sync, health, current, message } = one.status ?? {};
    const age = created === undefined ? '' : formatAge(now - created);
    return [
      namespace,
      name,
      sync ?? 'Unknown',
      health ?? 'Unknown',
      String(current?.number ?? ''),
      current?.commit.slice(0, 7) ?? '',
      age,
      message ?? '',
    ];
  });
  return tableText(['NAMESPACE', 'NAME', 'SYNC', 'HEALTH', 'REVISION', 'COMMIT', 'AGE', 'MESSAGE'], rows);
}

function details(application: Readonly<Application>, session: Session): string {
  const { paint, environment } = session;
  const { spec, status } = application;
  const { namespace, name } = keyOf(application);
  const paintWord = (word: string) =>
    word === 'Synced' || word === 'Healthy' ? paint.good(word) : word === 'Degraded' ? paint.bad(word) : paint.warn(word);
  const lines: [string, string | undefined][] = [
    ['Application', paint.strong(`${namespace}/${name}`)],
    ['Source', sourceLine(spec.source)],
    ['Sync', paintWord(status?.sync ?? 'Unknown')],
    ['Health', `${paintWord(status?.health ?? 'Unknown')}${countsText(status?.summary)}`],
    ['Revision', currentLine(status?.current)],
    ['Target', targetLine(status?.target)],
    ['Objects', status?.inventory?.count.toString()],
    ['Suspended', spec.suspend === true ? paint.warn('yes: `steer resume` ends it') : undefined],
    ['Pinned', pinnedLine(status?.pinned)],
    ['Held', heldLine(status?.held)],
    ['Operation', operationLine(status?.operation, environment.clock.now())],
    ['Message', messageLine(status?.message)],
  ];
  return lines
    .filter((line): line is [string, string] => line[1] !== undefined)
    .map(([label, value]) => `${`${label}:`.padEnd(13)}${value}`)
    .join('\n');
}

type Status = NonNullable<Application['status']>;

function sourceLine(source: Application['spec']['source']): string {
  const path = source.path === undefined || source.path === '' ? '' : ` path ${source.path}`;
  const revision = source.revision === undefined || source.revision === '' ? '' : ` at ${source.revision}`;
  return printable(`${source.repo.replace(/\/\/[^@/]*@/, '//')}${path}${revision}`);
}
function currentLine(current: Status['current']): string | undefined {
  return current === undefined ? undefined : `${current.number} (${current.commit.slice(0, 7)})`;
}
function messageLine(message: string | undefined): string | undefined {
  return message === undefined || message === '' ? undefined : printable(message);
}
function countsText(summary: Status['summary']): string {
  const parts = Object.entries(summary ?? {}).filter(([, count]) => count > 0);
  return parts.length === 0 ? '' : ` (${parts.map(([name, count]) => `${count} ${name}`).join(', ')})`;
}
function targetLine(target: Status['target']): string | undefined {
  if (target === undefined) return undefined;
  const subject = target.subject === undefined ? '' : ` "${target.subject}"`;
  return printable(`${target.revision ?? target.commit}${subject}${target.author === undefined ? '' : ` by ${target.author}`}`);
}
function pinnedLine(pinned: Status['pinned']): string | undefined {
  if (pinned === undefined) return undefined;
  const bad = pinned.badCommit === undefined ? '' : `, commit ${pinned.badCommit.slice(0, 7)} is not applied again`;
  return `to revision ${pinned.revision}${bad}; \`steer resume\` ends it`;
}
function heldLine(held: Status['held']): string | undefined {
  if (held === undefined) return undefined;
  return printable(`${held.planId}: ${(held.reasons ?? []).join('; ')}; \`steer approve\` applies it`);
}
function operationLine(operation: Status['operation'], now: number): string | undefined {
  if (operation === undefined) return undefined;
  const at = parseTime(operation.finishedAt ?? operation.startedAt);
  const when = at === undefined ? '' : ` ${formatAge(now - at)} ago`;
  const done = operation.total === undefined ? '' : ` ${operation.done ?? 0}/${operation.total}`;
  const message = operation.message === undefined || operation.message === '' ? '' : `: ${printable(operation.message)}`;
  return `${operation.type} ${operation.phase}${done}${when}${message}`;
}
