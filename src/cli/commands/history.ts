import type { ApplicationRevision } from '../../api/kinds.generated.ts';
import { parseTime } from '../../base/clock.ts';
import { formatAge } from '../../base/duration.ts';
import { pickApplication, revisionsOf } from '../application.ts';
import { applicationArgument, dataDirOption, namespaceOption, outputOption, type Command } from '../command.ts';
import { print, printJson, tableText } from '../output.ts';
import { withSession } from '../session.ts';

export const historyCommand: Command = {
  name: 'history',
  summary: 'lists the revisions of an application, newest first',
  arguments: [applicationArgument],
  options: [dataDirOption, namespaceOption, outputOption],
  examples: [
    ['steer history', 'of the only application'],
    ['steer history shop -o json', 'everything that is recorded'],
  ],
  run: (call) =>
    withSession(call, async (session) => {
      const application = await pickApplication(session, call.arguments[0], call);
      const revisions = await revisionsOf(session.cluster, application);
      if (session.json) return void printJson(session.environment, revisions);
      const now = session.environment.clock.now();
      const current = application.status?.current?.number;
      const header = ['REVISION', 'COMMIT', 'AGE', 'OUTCOME', 'HEALTH', 'CAUSE', 'CHANGES', 'AUTHOR', 'SUBJECT'];
      print(
        session.environment,
        tableText(
          header,
          revisions.map((one) => row(one, { now, current })),
        ),
      );
    }),
};

function row(revision: Readonly<ApplicationRevision>, about: { now: number; current: number | undefined }): string[] {
  const { spec, status } = revision;
  const started = parseTime(status?.startedAt ?? revision.metadata.creationTimestamp);
  const mark = `${spec.number === about.current ? '*' : ''}${status?.bad === true ? ' bad' : ''}`;
  return [
    `${spec.number}${mark}`,
    spec.commit.slice(0, 7),
    started === undefined ? '' : formatAge(about.now - started),
    status?.outcome ?? '',
    status?.health ?? '',
    spec.cause?.type ?? '',
    countsText(spec.summary),
    // the name alone; `-o json` has the address too
    (spec.author ?? '').replace(/ <[^<>]*>$/, ''),
    spec.subject ?? '',
  ];
}

function countsText(summary: ApplicationRevision['spec']['summary']): string {
  const signs = [
    ['+', summary?.create],
    ['~', (summary?.configure ?? 0) + (summary?.recreate ?? 0)],
    ['-', summary?.prune],
  ] as const;
  return signs
    .filter(([, count]) => (count ?? 0) > 0)
    .map(([sign, count]) => `${sign}${count}`)
    .join(' ');
}
