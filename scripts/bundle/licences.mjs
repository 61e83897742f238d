import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { packageOf } from './chunks.mjs';

/**
 * The text of dist/THIRD-PARTY-LICENSES.txt: name, version, licence and notices of every package that has
 * code in the bundle. A package without any licence information is an error: we could not ship it.
 *
 * @param {Iterable<string>} moduleIds files that went into the bundle
 * @returns {string}
 */
export function thirdPartyLicences(moduleIds) {
  const packages = new Map();
  for (const id of moduleIds) {
    const pkg = packageOf(id);
    if (pkg) packages.set(pkg.dir, pkg);
  }
  const texts = [...packages.values()].map(({ name, dir }) => {
    const manifest = JSON.parse(readFileSync(path.join(dir, 'package.json'), 'utf8'));
    const files = readdirSync(dir)
      .filter(f => /^(licen[cs]e|notice|copying)([.-].*)?$/i.test(f))
      .sort();
    const notices = files.map(f => readFileSync(path.join(dir, f), 'utf8').replaceAll('\r\n', '\n').trim());
    if (notices.length === 0 && !manifest.license) {
      throw new Error(`${name} in ${dir} names no licence, so its code cannot be shipped in dist/.`);
    }
    return {
      title: `${name} ${manifest.version} (${manifest.license ?? 'see below'})`,
      text: notices.join('\n\n'),
    };
  });
  texts.sort((a, b) => (a.title < b.title ? -1 : 1));
  const line = '-'.repeat(80);
  const unique = texts.filter((t, i) => t.title !== texts[i - 1]?.title);
  return `${[
    'The files in dist/ contain code of these packages.',
    ...unique.map(
      ({ title, text }) => `${line}\n${title}\n${line}\n${text || 'No licence file in the package.'}`,
    ),
  ].join('\n\n')}\n`;
}
