import { factsOf } from '../../src/collector/facts.ts';
import { openIndex } from '../../src/collector/index/open-index.ts';
import { batchesOf, RECORDS_A_JOB, sha256 } from './audit-history.mjs';

/** Batches of one transaction. */
const TOGETHER = 300;

/**
 * Applies jobs to the index in a file until it has so many requests, by the code of the collector, which is only spared
 * the JSON.
 */
export async function fillIndex({ file, history, observations, log }) {
  const index = await openIndex({ file });
  try {
    const jobs = Math.ceil(observations / RECORDS_A_JOB);
    let group = [];
    let told = performance.now();
    for (let done = 0; done < jobs; done++) {
      group.push(...jobFacts(history.next()));
      if (group.length >= TOGETHER || done === jobs - 1) {
        await index.apply(group);
        group = [];
      }
      if (performance.now() - told > 10_000) {
        log(`fill: ${done} of ${jobs} jobs`);
        told = performance.now();
      }
    }
  } finally {
    await index.close();
  }
}

/** What the index keeps of the batches of a job. */
export function jobFacts(job) {
  let prev = null;
  return batchesOf(job).map(({ header, requests, inventories = [], time }) => {
    const digest = sha256(`${job.uid} ${header.batch}`);
    const batch = {
      digest,
      bytes: 0,
      header: { kind: 'hdr', v: 1, ...header, prev },
      requests,
      inventories,
      footer: {
        kind: 'ftr',
        t: time,
        first_seq: requests[0]?.seq ?? 1,
        last_seq: requests.at(-1)?.seq ?? 0,
        counts: {},
        dropped: 0,
        findings: [],
        body_sha256: digest,
      },
      refused: [],
    };
    prev = digest;
    const receipt = { kind: 'rcpt', v: 1, received: time, writer: 'ci', assurance: 'relayed' };
    const no = String(header.batch).padStart(6, '0');
    const key = `raw/v1/dt=${time.slice(0, 10)}/${sha256(header.iss).slice(0, 16)}/${job.uid}/${job.inst}-${no}-${digest}.ndjson.gz`;
    return factsOf(receipt, batch, key);
  });
}
