import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { secureRandom } from '../../src/base/random.ts';
import { openCertificates, type CertificateOptions } from '../../src/controlplane/certificates.ts';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'steer-pki-'))));
afterEach(() => rm(folder, { recursive: true }));

const options = (more: Partial<CertificateOptions> = {}): CertificateOptions => ({
  folder: join(folder, 'pki'),
  hosts: ['127.0.0.1'],
  clock: realClock(),
  random: secureRandom(),
  log: silentLog,
  ...more,
});
const later = (days: number) => ({ ...realClock(), now: () => Date.now() + days * 86_400_000 });

test('the authority signs server and admin, with the names and groups that clients look for', async () => {
  const { authority, server, admin } = await openCertificates(options({ hosts: ['127.0.0.1', 'box.lan', '10.1.2.3'] }));
  const issuer = new X509Certificate(authority);
  const serverCertificate = new X509Certificate(server.certificate);
  expect(issuer.ca).toBe(true);
  expect(serverCertificate.verify(issuer.publicKey)).toBe(true);
  expect(serverCertificate.checkHost('box.lan')).toBe('box.lan');
  expect(serverCertificate.checkHost('kubernetes.default.svc')).toBe('kubernetes.default.svc');
  expect(serverCertificate.checkIP('10.1.2.3')).toBe('10.1.2.3');
  expect(new X509Certificate(admin.certificate).subject).toBe('O=system:masters\nCN=kubernetes-admin');
  expect(new X509Certificate(admin.certificate).verify(issuer.publicKey)).toBe(true);
});

test('a second start keeps what is there', async () => {
  const first = await openCertificates(options());
  expect(await openCertificates(options())).toEqual(first);
});

test('keys can be read by their owner only', async () => {
  await openCertificates(options());
  const modes = await Promise.all(
    (await readdir(join(folder, 'pki')))
      .sort()
      .map(async (name) => [name, ((await stat(join(folder, 'pki', name))).mode & 0o777).toString(8)]),
  );
  expect(modes).toEqual([
    ['admin.crt', '644'],
    ['admin.key', '600'],
    ['ca.crt', '644'],
    ['ca.key', '600'],
    ['server.crt', '644'],
    ['server.key', '600'],
  ]);
});

test.each([
  { what: 'nothing while it is good for more than 30 days', days: 330, renewed: [] },
  { what: 'the leaves in their last 30 days', days: 340, renewed: ['server', 'admin'] },
  { what: 'everything in the last 30 days of the authority', days: 3630, renewed: ['authority', 'server', 'admin'] },
])('a start after $days days renews $what', async ({ days, renewed }) => {
  const first = await openCertificates(options());
  const second = await openCertificates(options({ clock: later(days) }));
  const changed = (['authority', 'server', 'admin'] as const).filter(
    (name) => JSON.stringify(first[name]) !== JSON.stringify(second[name]),
  );
  expect(changed).toEqual(renewed);
});

test('a new host name renews the server certificate and nothing else', async () => {
  const first = await openCertificates(options());
  const second = await openCertificates(options({ hosts: ['box.lan'] }));
  expect(second.authority).toBe(first.authority);
  expect(second.admin).toEqual(first.admin);
  expect(new X509Certificate(second.server.certificate).checkHost('box.lan')).toBe('box.lan');
});
