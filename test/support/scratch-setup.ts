import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One folder for what the tests of a run leave behind, which goes with the run. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'steer-tests-'));
  process.env['STEER_TEST_FOLDER'] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
