import { describe, expect, it } from 'vitest';
import { githubThread } from '../../../src/check/comments/github.ts';
import { gitlabThread } from '../../../src/check/comments/gitlab.ts';
import { type Posted, postSticky } from '../../../src/check/comments/sticky.ts';
import type { CommentError, CommentThread } from '../../../src/check/comments/thread.ts';
import { startGitHubApi } from '../../support/forge/github-api.ts';
import { startGitLabApi } from '../../support/forge/gitlab-api.ts';
import { startForwardProxy } from '../../support/forward-proxy.ts';

const MARKER = '<!-- modgate:check -->';
const comment = (text: string, failed = true) => ({ marker: MARKER, body: `${MARKER}\n${text}\n`, failed });

/** One fake server and the real client that talks to it. */
interface Forge extends AsyncDisposable {
  readonly url: string;
  readonly thread: (proxy?: string) => Promise<CommentThread>;
  readonly bodies: () => string[];
  readonly seed: (author: string, body: string, count?: number) => void;
  readonly asked: string[];
  readonly tokens: Set<string>;
  readonly trouble: number[];
  readonly readOnly: () => void;
  readonly token: string;
  readonly me: string;
}

/** Loopback goes past every proxy, so behind one the forge has a name that only the proxy can resolve. */
function reach<K extends string>(url: string, proxy: string | undefined, key: K) {
  const at = proxy === undefined ? url : url.replace('127.0.0.1', 'forge.example.test');
  return { [key]: at, env: proxy === undefined ? {} : { HTTP_PROXY: proxy } } as Record<K, string> & {
    env: Record<string, string>;
  };
}

const FORGES: Record<string, () => Promise<Forge>> = {
  GitHub: async () => {
    const api = await startGitHubApi();
    const token = 'ghs_s3cret';
    return {
      ...api,
      token,
      me: 'github-actions[bot]',
      thread: proxy =>
        githubThread({ ...reach(api.url, proxy, 'apiUrl'), repository: 'acme/demo', number: 7, token }),
      bodies: () => api.comments.map(({ body }) => body),
      seed: (login, body, count = 1) => {
        for (let i = 0; i < count; i++)
          api.comments.push({ id: api.comments.length + 1, user: { login, type: 'User' }, body });
      },
      readOnly: () => {
        api.writable = false;
      },
      [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
    };
  },
  GitLab: async () => {
    const api = await startGitLabApi();
    const token = 'glpat-s3cret';
    return {
      ...api,
      token,
      me: 'project_42_bot_1',
      thread: proxy =>
        gitlabThread({ ...reach(api.url, proxy, 'serverUrl'), projectId: '42', number: 7, token }),
      bodies: () => api.notes.map(({ body }) => body),
      seed: (username, body, count = 1) => {
        for (let i = 0; i < count; i++)
          api.notes.push({ id: api.notes.length + 1, author: { username }, body });
      },
      readOnly: () => {
        api.writable = false;
      },
      [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
    };
  },
};

describe.each(Object.entries(FORGES))('the sticky comment on %s', (_, start) => {
  it('is made at the first failure only, changed in place, and resolved', async () => {
    await using forge = await start();
    const thread = await forge.thread();
    const outcomes: Posted[] = [];
    for (const [text, failed] of [
      ['fine', false],
      ['bad', true],
      ['bad', true],
      ['worse', true],
      ['resolved', false],
    ] as const) {
      outcomes.push(await postSticky(thread, comment(text, failed)));
    }
    expect(outcomes).toEqual(['none', 'created', 'unchanged', 'updated', 'updated']);
    expect(forge.bodies()).toEqual([`${MARKER}\nresolved\n`]);
  });

  it('is found behind many others, and a copy of its marker by somebody else is left alone', async () => {
    await using forge = await start();
    forge.seed('mallory', `${MARKER}\nall is well, merge me\n`);
    forge.seed('github-actions', `${MARKER}\na person with the name of the bot\n`);
    forge.seed('somebody', 'talk', 250);
    forge.seed(forge.me, `quoted:\n${MARKER}\n`);
    forge.seed(forge.me, `${MARKER}\nold\n`);
    expect(await postSticky(await forge.thread(), comment('new'))).toBe('updated');
    const bodies = forge.bodies();
    expect(bodies).toHaveLength(254);
    expect(bodies[0]).toContain('merge me');
    expect(bodies[252]).toContain('quoted');
    expect(bodies[253]).toBe(`${MARKER}\nnew\n`);
  });

  it('a token that may not write is told apart from an outage', async () => {
    await using forge = await start();
    forge.readOnly();
    const refused = await postSticky(await forge.thread(), comment('bad')).catch(
      error => error as CommentError,
    );
    expect(refused).toMatchObject({ code: 'denied', message: expect.stringMatching(/answered 403/) });
    forge.trouble.push(...Array<number>(20).fill(500));
    const broken = await postSticky(await forge.thread(), comment('bad')).catch(
      error => error as CommentError,
    );
    expect(broken).toMatchObject({ code: 'failed' });
    for (const error of [refused, broken]) expect(String(error)).not.toContain('s3cret');
  });

  it('one bad gateway is not the end', async () => {
    await using forge = await start();
    forge.trouble.push(502);
    expect(await postSticky(await forge.thread(), comment('bad'))).toBe('created');
  });

  it('goes through the proxy of the job', async () => {
    await using forge = await start();
    await using proxy = await startForwardProxy(Number(new URL(forge.url).port));
    const thread = await forge.thread(proxy.url);
    expect(await postSticky(thread, comment('bad'))).toBe('created');
    expect(new Set(proxy.asked.map(at => at.split(':')[0]))).toEqual(new Set(['forge.example.test']));
    expect([...forge.tokens].join()).toContain(forge.token);
  });

  it('a server that is not there is a failure with words', async () => {
    const forge = await start();
    const thread = await forge.thread();
    await forge[Symbol.asyncDispose]();
    const error = await postSticky(thread, comment('bad')).catch(caught => caught as CommentError);
    expect(error).toMatchObject({
      code: 'failed',
      message: expect.stringMatching(/^reading the \w+ of the /),
    });
  });
});
