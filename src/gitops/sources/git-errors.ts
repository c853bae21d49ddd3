import { ReconcileError } from '../../reconcile/controller.ts';
import { redact } from './credentials.ts';
import { GitFailure, tooMuchReceived } from './git-program.ts';
import { harmless, refused } from './paths.ts';

/** What a fetch was about, for the sentence. */
export interface About {
  readonly shown: string;
  readonly secrets: readonly string[];
  readonly usesSsh: boolean;
}

/** Git's output as one sentence and a reason; aborts and errors that are no GitFailure pass through. */
export function fetchError(error: unknown, about: About): unknown {
  if (!(error instanceof GitFailure)) return error;
  const output = redact(error.output, about.secrets);
  const rule = rules.find(({ when }) => when.test(output));
  if (output === tooMuchReceived)
    return refused(`${about.shown} holds more under the path than the limit: name the folder of the manifests with the path`);
  if (rule !== undefined) return new ReconcileError(rule.reason, `${about.shown}: ${rule.say(about)}`);
  return new ReconcileError('FetchFailed', `${about.shown} cannot be fetched: ${lastWords(output)}`);
}

const rules: readonly { when: RegExp; reason: string; say: (about: About) => string }[] = [
  {
    when: /REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed|host key is known/i,
    reason: 'AuthenticationFailed',
    say: () =>
      'its host key is not the one in known_hosts, so nothing was sent to it; if the key is right, add it there (ssh-keyscan shows it)',
  },
  {
    when: /Permission denied|Too many authentication failures|sign_and_send_pubkey/i,
    reason: 'AuthenticationFailed',
    say: () => 'it does not accept the ssh key',
  },
  {
    when: /could not read (Username|Password)|terminal prompts disabled/i,
    reason: 'AuthenticationFailed',
    say: (about) => `it asks for credentials, and ${about.secrets.length > 0 ? 'those given were not accepted' : 'none are given'}`,
  },
  {
    when: /Authentication failed|HTTP Basic: Access denied|returned error: 40[13]|Invalid username or (password|token)/i,
    reason: 'AuthenticationFailed',
    say: (about) => (about.secrets.length > 0 ? 'it does not accept the token' : 'it asks for credentials, and none are given'),
  },
  {
    when: /client certificate|alert (bad certificate|certificate required|unknown ca)|TLS connection was non-properly terminated|GnuTLS recv error|SSL_read: .*(reset|alert)/i,
    reason: 'AuthenticationFailed',
    say: () => 'it ended the encrypted connection, as servers do that want a client certificate, or another one',
  },
  {
    when: /certificate verify failed|server certificate|self.signed certificate|unable to get local issuer/i,
    reason: 'FetchFailed',
    say: () => 'its certificate is not signed by an authority that is trusted here',
  },
  {
    when: /Repository not found|not found: did you|returned error: 404|does not appear to be a git repository|repository '.*' (not found|does not exist)/i,
    reason: 'FetchFailed',
    say: () => 'there is no repository at this address, or it is hidden from these credentials',
  },
  { when: /Could not resolve host(name)?/i, reason: 'FetchFailed', say: () => 'its host name is not known' },
  {
    when: /unable to update url base from redirection/i,
    reason: 'FetchFailed',
    say: () => 'it redirects to another address: name that one',
  },
  {
    when: /transport '.*' not allowed/i,
    reason: 'SourceRefused',
    say: () => 'it leads to a protocol that is not taken; use https, ssh or file',
  },
  {
    when: /(Recv|Send) failure: (Connection reset|Broken pipe)/i,
    reason: 'FetchFailed',
    say: () => 'it ended the connection, as servers also do that want a client certificate, or another one',
  },
  {
    when: /Connection refused|Failed to connect|Connection timed out|Connection reset|Operation timed out|Couldn't connect|No route to host|too slow|block timeout/i,
    reason: 'FetchFailed',
    say: () => 'it cannot be reached',
  },
  { when: /No space left on device/i, reason: 'FetchFailed', say: () => 'the disk is full' },
];

/** The line of git's output that says most: the last `fatal:` or `error:`, else the last one. */
function lastWords(output: string): string {
  const lines = output
    .split(/[\r\n]+/)
    .map((line) => line.replace(/^remote:\s*/, '').trim())
    .filter((line) => line !== '');
  const telling = lines.filter((line) => /^(fatal|error):/.test(line)).at(-1) ?? lines.at(-1) ?? 'git said nothing';
  return harmless(telling.replace(/^(fatal|error):\s*/, '')).slice(0, 300);
}
