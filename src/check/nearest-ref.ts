import { didYouMean } from '../config/suggest.ts';
import type { Git } from './git/command.ts';

/** As many refs as a suggestion is looked for in. */
const MAX_REFS = 2000;

/** The branch or tag whose name is nearest to one that does not exist; undefined when none is near. */
export async function nearestRef(git: Git, ref: string): Promise<string | undefined> {
  const format = ['--format=%(refname:short)', `--count=${MAX_REFS}`, '--sort=-committerdate'];
  const names = (await git.ask(['for-each-ref', ...format, 'refs/heads', 'refs/remotes', 'refs/tags'])) ?? '';
  const known = names.split('\n').filter(name => name !== '' && !name.endsWith('/HEAD'));
  const branch = ref.replace(/^(?:refs\/heads\/|(?:refs\/remotes\/)?origin\/)/, '');
  return (
    known.find(name => name === `origin/${branch}`) ?? didYouMean(ref, known) ?? didYouMean(branch, known)
  );
}
