import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { locationName, parseReference } from '../../src/config/reference.ts';
import type { ConfigSource, RemoteFile } from '../../src/config/source.ts';
import { failure, load, workspace } from './workspace.ts';

const SHA = '0123456789abcdef0123456789abcdef01234567';

/** Other repositories, by the name of a file as `extends` has it. */
function remotes(files: Readonly<Record<string, string>>) {
  const asked: RemoteFile[] = [];
  const readRemote = (file: RemoteFile): Promise<Uint8Array> => {
    asked.push(file);
    const text = files[`${file.repository}/${file.path}@${file.commit}`];
    return text === undefined
      ? Promise.reject(new Error(`https://u:s3cret@git.example.test/${file.repository}:\nnot found`))
      : Promise.resolve(Buffer.from(text));
  };
  return { readRemote, asked };
}

describe('a reference', () => {
  const from = { path: 'ci/policy/own.yaml', remote: undefined };

  it.each([
    ['base.yaml', 'ci/policy/base.yaml'],
    ['./base.yaml', 'ci/policy/base.yaml'],
    ['../base.yaml', 'ci/base.yaml'],
    ['../../base.yaml', 'base.yaml'],
    ['sub/dir/base.yaml', 'ci/policy/sub/dir/base.yaml'],
    ['..base.yaml', 'ci/policy/..base.yaml'],
    [`acme/policy/go.yaml@${SHA}`, `acme/policy/go.yaml@${SHA}`],
    [`acme/.github/modgate/go.yaml@${SHA}`, `acme/.github/modgate/go.yaml@${SHA}`],
    [`acme/team/policy//go.yaml@${SHA}`, `acme/team/policy//go.yaml@${SHA}`],
    [`acme/policy/go.yaml@${SHA}${SHA.slice(0, 24)}`, `acme/policy/go.yaml@${SHA}${SHA.slice(0, 24)}`],
  ])('%s is %s', (entry, name) => {
    const location = parseReference(entry, from);
    expect(typeof location === 'string' ? location : locationName(location)).toBe(name);
  });

  it.each([
    ['../../../base.yaml', /leaves the repository/],
    ['a/../../../../x', /leaves the repository/],
    ['/etc/passwd', /absolute/],
    ['C:/x.yaml', /absolute/],
    ['..\\base.yaml', /backslash/],
    ['base.yaml\n', /control character/],
    ['.', /directory/],
    ['..', /directory/],
    ['sub/', /directory/],
    ['https://example.com/base.yaml', /a URL/],
    ['git@example.com:acme/policy', /a URL/],
    ['acme/policy/go.yaml@main', /branch or tag/],
    ['acme/policy/go.yaml@v1.2.3', /branch or tag/],
    ['acme/policy/go.yaml@', /branch or tag/],
    [`acme/policy/go.yaml@${SHA.slice(0, 12)}`, /shortened commit/],
    [`acme/policy/go.yaml@${SHA.slice(1)}`, /shortened commit/],
    [`acme/policy/go.yaml@${SHA.toUpperCase()}`, /in capitals/],
    [`acme/policy@${SHA}`, /file inside|name a repository/],
    [`policy.yaml@${SHA}`, /name a repository/],
    [`acme/policy/@${SHA}`, /file inside/],
    [`acme/policy/../x@${SHA}`, /file inside/],
    [`acme/policy/a/../../x@${SHA}`, /file inside/],
    [`../policy/x.yaml@${SHA}`, /name a repository/],
    [`-o/policy/x.yaml@${SHA}`, /name a repository/],
    [`acme/pol icy/x.yaml@${SHA}`, /name a repository/],
    [`acme/policy/a:b@${SHA}`, /file inside/],
    [`a@b/policy/x@${SHA}`, /name a repository/],
  ])('%j is refused', (entry, why) => {
    expect(parseReference(entry, from)).toMatch(why);
  });

  it('in a file of another repository stays there', () => {
    const remote = { repository: 'acme/policy', commit: SHA };
    const inside = { path: 'go/base.yaml', remote };
    expect(parseReference('../all.yaml', inside)).toEqual({ path: 'all.yaml', remote });
    expect(parseReference('../../all.yaml', inside)).toMatch(/leaves the repository/);
  });
});

describe('extended files', () => {
  it('come weakest first, each once, parents before those that name them', async () => {
    const { readRemote, asked } = remotes({
      [`acme/policy/go.yaml@${SHA}`]: 'extends: [all.yaml]',
      [`acme/policy/all.yaml@${SHA}`]: 'rules: {work/replace: error}',
    });
    const { sources, policy } = await load(
      `extends: [ci/a.yaml, acme/policy/go.yaml@${SHA}, ci/b.yaml]`,
      { readRemote },
      { 'ci/a.yaml': 'extends: [b.yaml, ../root.yaml]', 'ci/b.yaml': '', 'root.yaml': '' },
    );
    expect(sources).toEqual([
      'ci/b.yaml',
      'root.yaml',
      'ci/a.yaml',
      `acme/policy/all.yaml@${SHA}`,
      `acme/policy/go.yaml@${SHA}`,
      '.modgate.yaml',
    ]);
    expect(asked).toEqual([
      { repository: 'acme/policy', path: 'go.yaml', commit: SHA },
      { repository: 'acme/policy', path: 'all.yaml', commit: SHA },
    ]);
    expect(policy.layers[3]?.rules.get('work/replace')).toMatchObject({
      where: 'acme/policy/all.yaml@0123456789ab:1',
    });
  });

  it.each([
    [
      'a missing one',
      'extends: [gone.yaml]',
      {},
      'config-missing',
      /1:11: extends\[0\]: "gone\.yaml" cannot be read: there is no file/,
    ],
    ['itself', 'extends: [.modgate.yaml]', {}, 'config-invalid', /extends itself/],
    [
      'a circle',
      'extends: [a.yaml]',
      { 'a.yaml': '\nextends: [b.yaml]', 'b.yaml': 'extends:\n  - a.yaml\n' },
      'config-invalid',
      /^b\.yaml:2:5: extends\[0\]: "a\.yaml" extends itself in the end: "\.modgate\.yaml" > "a\.yaml" > "b\.yaml" > "a\.yaml"/,
    ],
    [
      'six behind each other',
      'extends: [1.yaml]',
      Object.fromEntries([1, 2, 3, 4, 5, 6].map(n => [`${n}.yaml`, n < 6 ? `extends: [${n + 1}.yaml]` : ''])),
      'config-invalid',
      /^5\.yaml:1:11: extends\[0\]: "6\.yaml" is more than 5 files deep/,
    ],
    [
      'more than twenty',
      `extends: [${Array.from({ length: 20 }, (_, n) => `${n}.yaml`).join(', ')}]`,
      Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`${n}.yaml`, ''])),
      'config-invalid',
      /^\.modgate\.yaml:1:\d+: extends\[19\]: "19\.yaml" is one file more than the 20/,
    ],
    [
      'a broken one',
      'extends: [a.yaml]',
      { 'a.yaml': '\nhost: 1\n' },
      'config-invalid',
      /^a\.yaml:2:1: unknown key "host" here; did you mean hosts\?/,
    ],
    ['a directory', 'extends: [dir]', { 'dir/x': '' }, 'config-unreadable', /^dir: .*not a regular file/],
    [
      'a large one',
      'extends: [a.yaml]',
      { 'a.yaml': '#'.repeat(2 ** 20 + 1) },
      'config-too-large',
      /^a\.yaml: is larger/,
    ],
    [
      'no text',
      'extends: [a.yaml]',
      { 'a.yaml': new Uint8Array([0xff]) },
      'config-unreadable',
      /^a\.yaml: .*not UTF-8/,
    ],
  ])('that are %s are refused', async (_, text, beside, code, message) => {
    const error = await failure(load(text, {}, beside));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('may be five behind each other, and twenty in all', async () => {
    const chain = Object.fromEntries(
      [1, 2, 3, 4, 5].map(n => [`${n}.yaml`, n < 5 ? `extends: [${n + 1}.yaml]` : '']),
    );
    expect((await load('extends: [1.yaml]', {}, chain)).sources).toHaveLength(6);
    const flat = Array.from({ length: 19 }, (_, n) => `${n}.yaml`);
    const files = Object.fromEntries(flat.map(name => [name, '']));
    expect((await load(`extends: [${flat.join(', ')}]`, {}, files)).sources).toHaveLength(20);
  });

  it('are not read through a link that leads out of the repository', async () => {
    const secret = workspace({ 'secret.yaml': 'token: hunter2' });
    const dir = workspace({ '.modgate.yaml': 'extends: [link.yaml]' });
    symlinkSync(join(secret, 'secret.yaml'), join(dir, 'link.yaml'));
    const error = await failure(loadConfig({ workspace: dir }));
    expect(error.message).toMatch(/^link\.yaml: .*leads out of the repository/);
    expect(error.message).not.toContain('token');
  });

  it('of other repositories that cannot be read stop everything', async () => {
    const text = `version: 1\nextends:\n  - acme/policy/go.yaml@${SHA}\n`;
    const without = await failure(load(text));
    expect(without.code).toBe('config-missing');
    expect(without.message).toMatch(
      /^\.modgate\.yaml:3:5: extends\[0\]: .* which this command does not read/,
    );
    const failing = await failure(load(text, { readRemote: remotes({}).readRemote }));
    expect(failing.code).toBe('config-missing');
    expect(failing.message).toMatch(
      /cannot be read: https:\/\/\*\*\*@git\.example\.test\/acme\/policy: not found; check/,
    );
    expect(failing.message.split('\n')).toHaveLength(1);
  });
});

describe('a source', () => {
  it('gives all files of the repository, those that are extended included', async () => {
    const asked: string[] = [];
    const commit: ConfigSource = {
      read(path) {
        asked.push(path);
        const files: Readonly<Record<string, string>> = {
          '.modgate.yaml':
            'extends: [base.yaml]\nproxy: {credentials: [{host: a.example.test, token-env: T}]}',
          'base.yaml': 'fail-on: note',
        };
        const text = files[path];
        return Promise.resolve(text === undefined ? undefined : Buffer.from(text));
      },
    };
    const dir = workspace({ '.modgate.yaml': 'broken: [', 'base.yaml': 'broken: [' });
    const { policy, config, file } = await loadConfig({ workspace: dir, source: commit, trusted: false });
    expect(policy.failOn).toBe('note');
    // What stands in the reviewed commit is trusted though the job is not.
    expect(config.proxy.credentials).toHaveLength(1);
    expect(file).toBe(join(dir, '.modgate.yaml'));
    expect(asked.toSorted()).toEqual(['.github/modgate.yaml', '.modgate.yaml', 'base.yaml']);

    expect((await loadConfig({ workspace: dir, source: commit, explicit: 'base.yaml' })).policy.failOn).toBe(
      'note',
    );
    const outside = workspace({ 'other.yaml': 'extends: [more.yaml]', 'more.yaml': 'fail-on: warning' });
    const named = await loadConfig({ workspace: dir, source: commit, explicit: join(outside, 'other.yaml') });
    expect(named.policy.failOn).toBe('warning');
    expect(named.sources).toEqual([join(outside, 'more.yaml'), join(outside, 'other.yaml')]);
    expect((await failure(loadConfig({ workspace: dir, source: commit, explicit: 'gone.yaml' }))).code).toBe(
      'config-missing',
    );
  });
});
