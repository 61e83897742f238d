import type { RuleId } from '../config/rule-ids.ts';
import type { RulePage } from './rule.ts';

const WAIVER = `version: 1
waivers:
  - rule: replace/local-absolute
    module: example.com/cart
    file: go.mod
    owner: ann
    reason: the fork is released next week
    expires: 2027-01-31
`;

/** Pages of the rules about the policy's own files, which look at no tree. */
export const POLICY_PAGES: Readonly<Partial<Record<RuleId, RulePage>>> = {
  'policy/waiver-invalid': {
    summary: 'A waiver is incomplete, names no rule that can be waived, or lasts too long.',
    why:
      'A waiver without an owner, a reason or a day of expiry is an exception for ever that nobody answers for. Such a ' +
      'waiver accepts nothing.',
    limits:
      'It takes a rule, a file or a module, an owner, a reason, and a day at most `max-days` ahead; `sum/changed` takes ' +
      'two different owners. Findings of `policy/` rules cannot be waived. In a pull request waivers come from the ' +
      'target branch, so that an invalid one there fails no pull request: it is shown as existing.',
    config: 'rules:\n  policy/waiver-invalid:\n    max-days: 90',
    bad: {
      file: '.modgate.yaml',
      text: 'version: 1\nwaivers:\n  - rule: replace/local-absolute\n    module: example.com/cart\n',
    },
    good: { file: '.modgate.yaml', text: WAIVER },
  },
  'policy/waiver-expired': {
    summary: 'A waiver has expired, or will soon.',
    why:
      'What was accepted until a day is decided anew after it. The warning comes `warn-days` ahead, so that the day ' +
      'surprises nobody.',
    limits:
      'The last day counts in full, in UTC. A date alone fails no pull request: what an expired waiver covered is an ' +
      'existing finding then, and only the scheduled run of the default branch fails.',
    config: 'rules:\n  policy/waiver-expired:\n    warn-days: 30',
    bad: { file: '.modgate.yaml', text: WAIVER.replace('2027-01-31', '2024-01-31') },
    good: { file: '.modgate.yaml', text: WAIVER },
  },
  'policy/waiver-unused': {
    summary: 'A waiver matches no finding.',
    why: 'An exception that is left behind opens the door for the next thing that happens to match it.',
    limits:
      'Waivers of rules that see something only next to a base are not called unused in a run without one.',
    config: 'rules:\n  policy/waiver-unused: error',
    bad: { file: '.modgate.yaml', text: WAIVER },
    good: { file: '.modgate.yaml', text: 'version: 1\n' },
  },
  'policy/baseline-stale': {
    summary: 'The baseline lists a finding that is gone.',
    why:
      'A baseline can only shrink. An entry that stays after its finding was mended would accept the same mistake when ' +
      'it comes back.',
    limits: 'An entry that a pull request itself takes out is not stale in it.',
    config: 'baseline: .modgate-baseline.json',
    bad: {
      file: '.modgate-baseline.json',
      text: '{"version": 1, "findings": [an entry of a replace that is gone]}\n',
    },
    good: { file: '.modgate-baseline.json', text: '{"version": 1, "findings": []}\n' },
  },
};
