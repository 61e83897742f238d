// What actions/setup-go does for modules, as an action of its own: restore GOMODCACHE by one exact key in main, save it
// in post unless that key was there. Its other calls (go version, go env) are left out, in its favour.
import { appendFileSync } from 'node:fs';
import { restoreCache, saveCache } from '@actions/cache';

const { GITHUB_STATE, INPUT_KEY: key, INPUT_PATH: dir, STATE_matched: matched } = process.env;

const paths = dir.split('\n');
if (matched === undefined) {
  const found = await restoreCache(paths, key);
  appendFileSync(GITHUB_STATE, `matched=${found ?? 'none'}\n`);
} else if (matched !== key) {
  const id = await saveCache(paths, key);
  // Another job was faster, or the service failed: the figures would be about something else.
  if (id === -1) process.exitCode = 1;
}
