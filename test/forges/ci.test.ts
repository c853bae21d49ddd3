import { describe, expect, it, test } from 'vitest';
import { fileUrlOf, projectOfJob, pullRequestOfJob, triggeringCommit } from '../../src/forges/ci.ts';
import { readCommentFile } from '../../src/forges/comment-file.ts';

const [base, head] = ['a'.repeat(40), 'b'.repeat(40)];
const event = JSON.stringify({ number: 7, pull_request: { number: 7, base: { sha: base }, head: { sha: head } } });
const github = {
  GITHUB_ACTIONS: 'true',
  GITHUB_REPOSITORY: 'shop/deploy',
  GITHUB_API_URL: 'https://api.github.com',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_RUN_ID: '42',
};
const gitea = { ...github, GITEA_ACTIONS: 'true', GITHUB_API_URL: 'https://git.test/api/v1/', GITHUB_SERVER_URL: 'https://git.test' };
const gitlab = {
  GITLAB_CI: 'true',
  CI_API_V4_URL: 'https://gitlab.test/api/v4',
  CI_PROJECT_ID: '9',
  CI_MERGE_REQUEST_PROJECT_ID: '7',
  CI_MERGE_REQUEST_IID: '7',
  CI_MERGE_REQUEST_DIFF_BASE_SHA: base,
  CI_MERGE_REQUEST_TARGET_BRANCH_SHA: '',
  CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: '',
  CI_COMMIT_SHA: head,
  CI_PROJECT_URL: 'https://gitlab.test/shop/deploy',
  CI_JOB_URL: 'https://gitlab.test/shop/deploy/-/jobs/1',
};

test.each([
  [
    'GitHub',
    pullRequestOfJob(github, event),
    {
      forge: 'github',
      api: 'https://api.github.com',
      project: 'shop/deploy',
      number: '7',
      baseCommit: base,
      headCommit: head,
      web: 'https://github.com/shop/deploy',
      run: 'https://github.com/shop/deploy/actions/runs/42',
    },
  ],
  [
    'Gitea',
    pullRequestOfJob(gitea, event),
    {
      forge: 'gitea',
      api: 'https://git.test/api/v1',
      project: 'shop/deploy',
      number: '7',
      baseCommit: base,
      headCommit: head,
      web: 'https://git.test/shop/deploy',
    },
  ],
  [
    'GitLab',
    pullRequestOfJob(gitlab, undefined),
    {
      forge: 'gitlab',
      api: 'https://gitlab.test/api/v4',
      project: '7',
      number: '7',
      baseCommit: base,
      headCommit: head,
      web: 'https://gitlab.test/shop/deploy',
      run: 'https://gitlab.test/shop/deploy/-/jobs/1',
    },
  ],
  [
    'GitLab, a pipeline of the merged result',
    pullRequestOfJob({ ...gitlab, CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: base, CI_COMMIT_SHA: head }, undefined)?.headCommit,
    base,
  ],
  ['GitHub, a push', pullRequestOfJob(github, JSON.stringify({ ref: 'refs/heads/main' })), undefined],
  ['GitLab, a branch', pullRequestOfJob({ GITLAB_CI: 'true', CI_PROJECT_ID: '7' }, undefined), undefined],
  ['a laptop', pullRequestOfJob({}, undefined), undefined],
])('a job of %s knows its pull request', (_, found, expected) => {
  expect(found).toEqual(expected);
});

it('a second job knows its project, and for which commit the first one ran', () => {
  expect(projectOfJob(github)).toMatchObject({ forge: 'github', project: 'shop/deploy', api: 'https://api.github.com' });
  expect(projectOfJob({ GITLAB_CI: 'true', CI_PROJECT_ID: '7' })).toMatchObject({ forge: 'gitlab', project: '7' });
  expect([
    triggeringCommit(JSON.stringify({ workflow_run: { head_sha: head } })),
    triggeringCommit(event),
    triggeringCommit(undefined),
  ]).toEqual([head, undefined, undefined]);
});

test.each([
  ['github', 'https://f.test/s/d/blob/abc/apps/a%20%23%3F.yaml#L3'],
  ['gitlab', 'https://f.test/s/d/-/blob/abc/apps/a%20%23%3F.yaml#L3'],
  ['gitea', 'https://f.test/s/d/src/commit/abc/apps/a%20%23%3F.yaml#L3'],
] as const)('links to a file on %s', (forge, url) => {
  expect(fileUrlOf({ forge, web: 'https://f.test/s/d' }, 'abc', { path: 'apps/a #?.yaml', line: 3 })).toBe(url);
  expect(fileUrlOf({ forge, web: 'javascript:alert(1)//' }, 'abc', { path: 'a', line: 3 })).toBeUndefined();
});

describe('a file with comments', () => {
  const file = {
    apiVersion: 'steersman.dev/v1',
    kind: 'PullRequestComments',
    pull: '7',
    commit: head,
    instance: 'default',
    bodies: ['hello'],
    status: { state: 'success', description: '1 update' },
  };
  it('is read as it was written', () => {
    expect(readCommentFile(JSON.stringify(file), 'c.json')).toEqual(file);
  });
  it.each([
    ['no JSON', '{', /c\.json is no JSON/],
    ['another pull request by its path', JSON.stringify({ ...file, pull: '7/../8' }), /\/pull must match pattern/],
    ['no commit', JSON.stringify({ ...file, commit: 'main' }), /\/commit must match pattern/],
    [
      'too many parts',
      JSON.stringify({ ...file, bodies: Array.from({ length: 21 }, () => 'x') }),
      /\/bodies must NOT have more than 20 items/,
    ],
    ['more fields', JSON.stringify({ ...file, token: 'x' }), /must NOT have additional properties/],
  ])('is refused with %s', (_, text, message) => {
    expect(() => readCommentFile(text, 'c.json')).toThrow(message);
  });
});
