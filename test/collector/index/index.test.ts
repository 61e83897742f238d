import { describe, expect, it } from 'vitest';
import { openIndex } from '../../../src/collector/index/open-index.ts';
import { tempDir } from '../../support/temp.ts';
import { DAY, job, wholeJob } from './facts.ts';

describe('the index in a file', () => {
  it('tells who brought a module in first, and where it is used', async () => {
    await using dir = await tempDir('index');
    const index = await openIndex({ file: dir.join('index.db') });
    await index.apply(wholeJob(job('a'), DAY, ['example.com/x@v1.0.0']));
    const answer = await index.who({ module: 'example.com/x' });
    expect(answer.first).toMatchObject({ job: job('a').uid, repository: 'acme/app' });
    const { uses } = await index.used({ module: 'example.com/x' });
    expect(uses.map(({ repository, version }) => [repository, version])).toEqual([['acme/app', 'v1.0.0']]);
    await index.close();
  });
});
