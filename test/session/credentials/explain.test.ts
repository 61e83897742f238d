import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainOutput, type Known } from '../../../src/session/credentials/explain.ts';
import type { Credential, CredentialKind } from '../../../src/session/credentials/types.ts';

const HOST = 'git.example.test';

function credential(kind: CredentialKind, source = 'A_VARIABLE'): Credential {
  return { at: { hostname: HOST, port: undefined }, kind, source, secret: 'the-secret-itself', named: true };
}

/** A session that has this credential for the host, and sends it over https alone. */
function known(held?: Credential, agent = false): Known {
  const at = (url: URL) => (url.hostname === HOST ? held : undefined);
  return {
    held: at,
    sent: url => (url.protocol === 'https:' ? at(url) : undefined),
    problem: () => undefined,
    agent,
  };
}

const gone = `fatal: repository 'https://${HOST}/g/x/' not found`;

describe('words of git and go', () => {
  it.each<[string, CredentialKind | undefined, RegExp]>([
    [`fatal: Authentication failed for 'https://${HOST}/g/x/'`, 'password', /refused the password .*401/],
    [
      `fatal: unable to access 'https://${HOST}/g/x/': The requested URL returned error: 403`,
      'deploy token',
      /refused the deploy token from A_VARIABLE \(HTTP 403\)/,
    ],
    [`reading https://${HOST}/g/x?go-get=1: 401 Unauthorized`, 'GitLab access token', /GitLab access token/],
    [
      `fatal: could not read Username for 'https://${HOST}': terminal prompts disabled`,
      undefined,
      /has none/,
    ],
    [
      `fatal: could not read Username for 'http://${HOST}': No such device`,
      'token',
      /not sent over plain http/,
    ],
    [
      `fatal: could not read Password for 'https://bob@${HOST}': terminal prompts disabled`,
      undefined,
      /none/,
    ],
    [`fatal: Authentication failed for 'https://${HOST}/g/x/'`, undefined, /the job's own git settings/],
    [`git@${HOST}: Permission denied (publickey,password).`, undefined, /no SSH key .* no SSH agent/],
    [
      `No ED25519 host key is known for ${HOST} and you have requested strict checking.\nHost key verification failed.`,
      undefined,
      /host key of git\.example\.test is not known/,
    ],
    ['Host key verification failed.', undefined, /host key of the server/],
  ])('%s', (output, kind, message) => {
    const told = explainOutput(`go: noise\n${output}\nmore`, known(kind && credential(kind)));
    expect(told?.why).toMatch(message);
    expect(told?.certain).toBe(true);
    expect(told?.next).toMatch(/\w/);
  });

  it('that hide what may not be seen are no certain refusal, and none at all without a credential', () => {
    const told = explainOutput(gone, known(credential('CI job token', 'CI_JOB_TOKEN')));
    expect(told).toMatchObject({
      certain: false,
      why: expect.stringContaining('hides it from the CI job token'),
    });
    expect(told?.next).toContain('Job token permissions');
    expect(explainOutput(gone, known())).toBeUndefined();
  });

  it('on an agent that has no key say so', () => {
    const told = explainOutput(`git@${HOST}: Permission denied (publickey).`, known(undefined, true));
    expect(told?.why).toContain('neither of its agent nor of ~/.ssh');
  });

  it.each([
    `fatal: unable to access 'https://${HOST}/': Could not resolve host: ${HOST}`,
    `fatal: unable to access 'https://${HOST}/': The requested URL returned error: 500`,
    'fatal: early EOF',
    'unknown revision v9.9.9',
    '',
  ])('on something else are left alone: %s', output => {
    expect(explainOutput(output, known(credential('token')))).toBeUndefined();
  });

  it('are not taken from the server', () => {
    const lie = `remote: fatal: Authentication failed for 'https://${HOST}/g/x/'`;
    expect(explainOutput(lie, known(credential('token')))).toBeUndefined();
  });
});

it('no output makes a text of more than two plain lines, or one with a password', () => {
  const piece = fc.constantFrom(
    "could not read Username for '",
    "Authentication failed for '",
    "unable to access '",
    "': The requested URL returned error: 403",
    'reading ',
    ': 401 ',
    `https://u:hunter2@${HOST}/`,
    'https://',
    "'",
    ': Permission denied (publickey)',
    'No X host key is known for ',
    ' and',
    'Host key verification failed',
    '\u001b[31m',
    '::error::',
    '\n',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 30 }), pieces => {
      const told = explainOutput(pieces.join(''), known(credential('token')));
      if (told === undefined) return;
      expect(`${told.why}${told.next}`).toMatch(/^[\x20-\x7e]*$/);
      expect(`${told.why}${told.next}`).not.toMatch(/hunter2|the-secret-itself/);
    }),
  );
});
