import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startChild } from './child.mjs';
import { mark, seconds } from './marks.mjs';
import { interleaved, median, pairedRatio, timed } from './measure.mjs';
import { benchDir, cleanGoEnv } from './world.mjs';

const MODULES = 20;

/**
 * `go mod download` of private modules of one host, each a repository of its own, with the same credentials: by go alone,
 * and through modgate with an empty store and a full one; beside it the same files as public modules of a full store. The
 * forge takes `latencyMs` for each answer.
 */
export async function privateBench({ cli, rounds, latencyMs, log }) {
  const world = await privateWorld(latencyMs);
  try {
    const warm = path.join(world.dir, 'store-warm');
    await world.download({ store: warm, cli });
    const scenarios = [
      { name: 'go', title: '`go` with GOPRIVATE', run: () => world.download() },
      {
        name: 'cold',
        title: 'modgate, cold',
        goal: { base: 'go', words: '`go` alone', most: 1.2 },
        run: async () => {
          const store = path.join(world.dir, 'store-cold');
          await rm(store, { recursive: true, force: true });
          return await world.download({ store, cli });
        },
      },
      {
        name: 'public',
        title: 'modgate, warm, as public modules',
        run: () => world.download({ store: warm, cli, isPublic: true }),
      },
      {
        name: 'warm',
        title: 'modgate, warm',
        goal: { base: 'public', words: 'public ones', most: 1.1 },
        run: () => world.download({ store: warm, cli }),
      },
    ];
    const values = await interleaved(scenarios, rounds, log);
    return scenarios.map(({ name, title, goal }) => ({
      title,
      ms: median(values.get(name)),
      all: values.get(name),
      toGo: pairedRatio(values, name, 'go'),
      goal: goal && { ...goal, value: pairedRatio(values, name, goal.base) },
    }));
  } finally {
    await world.close();
  }
}

/** @returns the lines of a Markdown table */
export function privateTable(rows, { latencyMs }) {
  return [
    `| \`go mod download\` of ${MODULES} private modules, ${latencyMs} ms an answer | seconds (least to most) | to \`go\` | goal |`,
    '|---|---|---|---|',
    ...rows.map(({ title, ms, all, toGo, goal }) => {
      const told =
        goal === undefined
          ? ''
          : `${mark(goal.value <= goal.most)} ${goal.value.toFixed(2)} times ${goal.words}, at most ${goal.most}`;
      return `| ${title} | ${seconds(ms)} (${seconds(Math.min(...all))}–${seconds(Math.max(...all))}) | ${toGo.toFixed(2)} | ${told} |`;
    }),
    '',
  ];
}

async function privateWorld(latencyMs) {
  const dir = await benchDir('private');
  const child = await startChild('private-forge.mjs', String(MODULES), String(latencyMs));
  const forge = child.answer;
  const home = path.join(dir, 'home');
  const project = path.join(dir, 'project');
  await mkdir(home);
  await mkdir(project);
  await writeFile(path.join(home, '.netrc'), forge.netrc, { mode: 0o600 });
  const env = {
    ...(await cleanGoEnv(dir)),
    ...forge.env,
    HOME: home,
    SSL_CERT_FILE: forge.caFile,
    GIT_SSL_CAINFO: forge.caFile,
    GIT_CONFIG_NOSYSTEM: '1',
    GOSUMDB: 'off',
  };
  const alone = { ...env, GOPRIVATE: forge.host, GOPROXY: 'off' };
  await writeFile(
    path.join(project, 'go.mod'),
    `module example.com/app\n\ngo 1.24\n\nrequire (\n${forge.paths.map(one => `\t${one} v1.2.0\n`).join('')})\n`,
  );
  await writeFile(
    path.join(project, 'app.go'),
    `package app\n\nimport (\n${forge.paths.map(one => `\t_ "${one}"\n`).join('')})\n`,
  );
  const first = path.join(dir, 'modcache-first');
  await timed('go', ['mod', 'tidy'], { cwd: project, env: { ...alone, GOMODCACHE: first } });
  const configured = path.join(dir, 'configured');
  await cp(project, configured, { recursive: true });
  await writeFile(path.join(configured, '.modgate.yaml'), `version: 1\nproxy:\n  private: [${forge.host}]\n`);
  // Both read a file, which alone takes its time.
  await writeFile(path.join(project, '.modgate.yaml'), 'version: 1\nproxy: {on-failure: fail}\n');
  let runs = 0;
  return {
    dir,
    /** Milliseconds into an empty module cache: by go alone, or through modgate with a store. */
    download: async ({ store, cli, isPublic = false } = {}) => {
      const modcache = path.join(dir, `modcache-${++runs}`);
      const go = ['go', 'mod', 'download'];
      const [command, ...args] =
        store === undefined
          ? go
          : [process.execPath, cli, 'run', '--on-failure', 'fail', '--store', store, '--', ...go];
      const own = store === undefined ? alone : { ...env, GOPROXY: forge.mirror };
      const cwd = store === undefined || isPublic ? project : configured;
      const { ms } = await timed(command, args, { cwd, env: { ...own, GOMODCACHE: modcache } });
      const sums = await timed('go', ['mod', 'verify'], {
        cwd: project,
        env: { ...env, GOPROXY: 'off', GOFLAGS: '', GOMODCACHE: modcache },
      });
      if (!sums.stdout.includes('all modules verified')) throw new Error(`not all is there: ${sums.stdout}`);
      await rm(modcache, { recursive: true, force: true });
      return ms;
    },
    close: async () => {
      await child.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
