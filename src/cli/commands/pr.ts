import type { Command } from '../command.ts';
import { forecastOptions } from '../forecast-options.ts';
import { reviewOptions, sourceOptions } from '../source-options.ts';

export const prCommand: Command = {
  name: 'pr',
  summary: 'comments on a pull request with what its merge would do',
  arguments: [{ name: 'REPO', summary: 'the clone (default: the present folder)', completes: 'files' }],
  options: [
    ...sourceOptions,
    { flags: '--from REV', summary: 'plan from here', defaultsTo: 'where the pull request would be merged, by the CI job' },
    { flags: '--to REV', summary: '… to here', defaultsTo: 'what the merge would give' },
    ...reviewOptions,
    { flags: '--no-forecast', summary: 'without telling what restarts and what breaks on the way' },
    ...forecastOptions.filter(({ flags }) => flags !== '--forecast'),
    { flags: '--instance NAME', summary: 'of several comments on one pull request, which', defaultsTo: 'default' },
    {
      flags: '--status WHAT',
      summary: 'also set: status, check (GitHub), both or none',
      defaultsTo: 'status',
      values: ['status', 'check', 'both', 'none'],
    },
    {
      flags: '--fail-on WHAT',
      summary: 'exit code 3 on: blockers, cautions or never',
      defaultsTo: 'blockers',
      values: ['blockers', 'cautions', 'never'],
    },
    { flags: '--html FILE', summary: 'also write the whole report as one page' },
    { flags: '--report URL', summary: 'where that page can be read: linked in the comment' },
    { flags: '--report-expires TEXT', summary: 'for how long, as `90 days`' },
    { flags: '--write FILE', summary: 'do not comment: leave it to a job that may, with --post' },
    { flags: '--post FILE', summary: 'comment what another job has written with --write' },
    { flags: '--dry-run', summary: 'print the comment and do nothing' },
    {
      flags: '--forge NAME',
      summary: 'github, gitlab or gitea (Forgejo too)',
      defaultsTo: 'that of the CI job',
      values: ['github', 'gitlab', 'gitea'],
    },
    { flags: '--api URL', summary: 'address of its API', defaultsTo: 'that of the CI job' },
    { flags: '--project NAME', summary: 'owner/name, or the number of a GitLab project', defaultsTo: 'that of the CI job' },
    { flags: '--pull N', summary: 'number of the pull request', defaultsTo: 'that of the CI job' },
  ],
  examples: [
    ['steer pr', 'in a CI job of GitHub, GitLab, Gitea or Forgejo; the token stands in STEER_TOKEN or GITHUB_TOKEN'],
    ['steer pr --write comment.json', 'in a job that may not comment, as for a fork …'],
    ['steer pr --post comment.json', '… and in a second one that may'],
    ['steer pr --forge gitea --api https://git.example/api/v1 --project shop/deploy --pull 7 --from main --to HEAD --dry-run', 'by hand'],
  ],
  run: async (call) => (await import('../work/pr.ts')).runPr(call),
};
