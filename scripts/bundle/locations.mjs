import { existsSync } from 'node:fs';
import path from 'node:path';

const PATTERN = /new URL\(\s*(['"])(\.{1,2}\/[^'"]+)\1,\s*import\.meta\.url,?\s*\)/g;
const MARKED = /new URL\((['"])modgate-root:([^'"]+)\1,\s*import\.meta\.url\)/g;

/**
 * Keeps `new URL('./hash-worker.ts', import.meta.url)` right: the sources name a sibling, which in dist/ is
 * another file at another depth. A URL of an entry becomes the URL of its built file, one of another file
 * of the package stays what it was; anything else could not exist at run time and fails the build.
 *
 * @param {string} root absolute path of the repository
 * @param {Record<string, string>} entries source file -> file in dist/, both relative
 */
export function locations(root, entries) {
  const src = path.join(root, 'src') + path.sep;
  return {
    name: 'modgate-locations',
    transform(code, id) {
      if (!id.startsWith(src)) return null;
      if (/import\.meta\.(dirname|filename|resolve)\b/.test(code)) {
        throw new Error(
          `${id}: import.meta.dirname, filename and resolve name another place in dist/. ` +
            "Write new URL('./file.ts', import.meta.url), which the build keeps right.",
        );
      }
      if (!code.includes('import.meta.url')) return null;
      const out = code.replace(PATTERN, (_all, quote, relative) => {
        const file = path.resolve(path.dirname(id), relative);
        const name = path.relative(root, file).replaceAll('\\', '/');
        const built = entries[name];
        if (!built && (file.startsWith(src) || !existsSync(file))) {
          throw new Error(
            `${id}: ${relative} is neither an entry (scripts/bundle/entries.mjs) nor a shipped file.`,
          );
        }
        return `new URL(${quote}modgate-root:${built ? `dist/${built}` : name}${quote}, import.meta.url)`;
      });
      if (/new URL\(\s*(?!['"]modgate-root:)[^()]*,\s*import\.meta\.url/.test(out)) {
        throw new Error(
          `${id}: the first argument of new URL(…, import.meta.url) must be a literal './file.ts' (with .ts, also for ` +
            'the built program), because the file lies elsewhere in dist/ and the build has to rewrite it.',
        );
      }
      return { code: out, map: null };
    },
    renderChunk(code, chunk) {
      if (!code.includes('modgate-root:')) return null;
      const up = '../'.repeat(chunk.fileName.split('/').length);
      return {
        code: code.replace(MARKED, (_all, quote, name) => {
          const inDist = name.startsWith('dist/');
          const target = inDist ? `${up.slice(3) || './'}${name.slice(5)}` : `${up}${name}`;
          return `new URL(${quote}${target}${quote}, import.meta.url)`;
        }),
        map: null,
      };
    },
  };
}
