import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { closedNetwork } from '../support/closed-network.ts';
import { auditExport } from '../support/exports.ts';
import { copyProject, goEnv } from '../support/go.ts';
import { CLI } from '../support/modgate.ts';
import { type Finished, run } from '../support/process.ts';
import { makeJob } from '../support/session.ts';
import { startUpstream } from '../support/upstream/upstream.ts';
import { freshCaches } from './go-job.ts';

const MINUTE = 60_000;

/** The first patch release of the Go after the one that is here. */
async function nextToolchain(): Promise<string> {
  const [, minor] = /^go1\.(\d+)/.exec((await goEnv()).GOVERSION ?? '') ?? [];
  return `go1.${Number(minor) + 1}.1`;
}

it('three hundred modules and a toolchain cross an air gap', { timeout: 15 * MINUTE }, async () => {
  const network = await closedNetwork();
  await using upstream = await startUpstream();
  await using job = await makeJob(upstream.url, { GOTOOLCHAIN: 'auto' });
  await copyProject('test/fixtures/bench-project', job.checkout);
  const toolchain = await nextToolchain();
  const edited = await job.go(['mod', 'edit', `-toolchain=${toolchain}`], { env: { GOTOOLCHAIN: 'local' } });
  expect(edited.code, edited.stderr).toBe(0);
  await writeFile(path.join(job.checkout, 'main.go'), MAIN);
  const dest = job.dir.join('x.tar.zst');
  const before = await job.modgate(['cache', 'export', dest, '--for', '.', '--store', job.store]);
  expect(before.code).toBe(2);
  const fill = ['run', '--store', job.store, '--', 'go', 'mod', 'download'];
  const filled = await job.modgate(fill, { timeoutMs: 5 * MINUTE });
  expect(filled.code, filled.stderr).toBe(0);

  const args = ['--for', '.', '--sumdb', '--store', job.store, '--format', 'json'];
  const exported = await job.modgate(['cache', 'export', dest, ...args], { timeoutMs: 5 * MINUTE });
  expect(exported.code, exported.stdout + exported.stderr).toBe(0);
  const report = JSON.parse(exported.stdout) as {
    readonly modules: number;
    readonly manifest: { readonly sha256: string };
    readonly sumdb: { readonly without: number };
  };
  expect(report.modules).toBeGreaterThan(290);
  expect(report.sumdb.without).toBe(0);

  /** Runs a script in the checkout with empty caches and no network. */
  const closed = async (script: string, env: Readonly<Record<string, string>>): Promise<Finished> => {
    const [command, rest] = network.wrap('sh', ['-ec', script]);
    const world = { ...job.env, ...freshCaches(job), ...network.env, ...env };
    return await run(command, rest, { cwd: job.checkout, env: world, timeoutMs: 10 * MINUTE });
  };
  const BUILD = 'go version && go mod download && go build -o app . && ./app';
  const modgate = `"${process.execPath}" "${CLI}"`;
  const store = job.dir.join('there');
  const there = await closed(
    `${modgate} cache import "${dest}" --offline --manifest sha256:${report.manifest.sha256} --store "${store}" && ${modgate} run --store "${store}" --on-failure fail -- sh -ec '${BUILD}'`,
    { GOPROXY: 'off' },
  );
  expect(there.code, there.stderr).toBe(0);
  expect(there.stdout).toMatch(new RegExp(`^go version ${toolchain} `, 'm'));

  const tree = job.dir.join('tree');
  expect((await job.modgate(['cache', 'export', tree, ...args], { timeoutMs: 5 * MINUTE })).code).toBe(0);
  await auditExport(tree);
  const plain = await closed(`${BUILD} && go mod verify`, { GOPROXY: pathToFileURL(tree).href });
  expect(plain.code, plain.stderr).toBe(0);
  expect(plain.stdout).toMatch(new RegExp(`^go version ${toolchain} [\\s\\S]*all modules verified\n$`));
});

/** Of a project that only downloads: one import is enough to compile something. */
const MAIN = `package main

import "gopkg.in/yaml.v3"

func main() {
	out, err := yaml.Marshal([]int{1})
	if err != nil {
		panic(err)
	}
	print(string(out))
}
`;
