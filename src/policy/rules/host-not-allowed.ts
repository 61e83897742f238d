import { judgeOf } from '../judge.ts';
import { refusedUses } from '../module-uses.ts';
import type { Rule } from '../rule.ts';

/** Modules from hosts that the policy denies or does not allow. */
export const hostNotAllowed: Rule = {
  id: 'host/not-allowed',
  page: {
    summary: 'A module comes from a host that is denied, or not on the list of allowed ones.',
    why:
      'The first element of a module path is the host that is asked for its code. Whoever owns a look-alike, or ' +
      'a name that ran out, owns every module below it.',
    limits:
      'The host is the whole first element, compared letter by letter. Required and replaced modules and tools are ' +
      'judged; the right-hand side of a replace is reported as replace/target-not-allowed. Before go 1.17 a go.mod ' +
      'names only some of its modules, so there the zip lines of go.sum are judged, too. A module that is built ' +
      'from a directory of the repository which declares it needs no allowed host. `golang.org/toolchain` is left ' +
      'to toolchain/not-allowed.',
    config: 'hosts:\n  allow: [github.com, golang.org]',
    bad: { file: 'go.mod', text: 'module github.com/acme/shop\n\nrequire example.com/cart v1.5.0\n' },
    good: { file: 'go.mod', text: 'module github.com/acme/shop\n\nrequire github.com/acme/cart v1.5.0\n' },
  },
  check: ({ tree, layer }) => {
    const judge = judgeOf(layer);
    const targets = judge.judgesTargets('host/not-allowed');
    return refusedUses(tree, use => (use.isTarget && !targets ? undefined : judge.host(use.path)));
  },
};
