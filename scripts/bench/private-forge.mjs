// A forge with private projects, in a process of its own, so that its work is not the measured one's. Prints one line of
// JSON and ends with its stdin.
//   node private-forge.mjs MODULES LATENCY_MS
import { GITLAB, startCompany } from '../../test/support/vcs/company.ts';
import { goModule } from '../../test/support/vcs/repositories.ts';

const count = Number(process.argv[2]);
const company = await startCompany({
  latencyMs: Number(process.argv[3]),
  upstream: { behind: null, moduleCaches: [] },
});
const paths = [];
for (let i = 0; i < count; i++) {
  const project = `team/libs/lib${i}`;
  const module = `${GITLAB}/${project}`;
  // The size of a usual library: some two hundred KB in forty files, a few versions.
  const sources = Object.fromEntries(
    Array.from({ length: 40 }, (_, n) => [
      `part${n}/part.go`,
      `package part\n\n${Array.from({ length: 120 }, (_, k) => `const C${k} = "${(i * 7919 + n * 104729 + k * 1299709).toString(36)} in part ${n}"\n`).join('')}`,
    ]),
  );
  await company.gitlab.publish(project, [
    { files: { ...goModule(module, 'first'), ...sources }, tags: ['v1.0.0'] },
    { files: goModule(module, 'second'), tags: ['v1.1.0'] },
    { files: goModule(module, 'third'), tags: ['v1.2.0'] },
  ]);
  paths.push(module);
}
const { username, secret } = company.gitlab.grant({
  kind: 'personal',
  projects: ['team/'],
  scopes: ['read_api', 'read_repository'],
});
process.stdout.write(
  `${JSON.stringify({
    host: GITLAB,
    paths,
    env: company.env,
    caFile: company.authority.caFile,
    ca: company.authority.ca,
    netrc: `machine ${GITLAB} login ${username} password ${secret}\n`,
    mirror: company.publicModules.url,
  })}\n`,
);
process.stdin.resume().on('end', () => {
  company[Symbol.asyncDispose]().then(() => process.exit(0));
});
