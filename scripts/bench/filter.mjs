import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { startChild } from './child.mjs';
import { mark, seconds } from './marks.mjs';
import { interleaved, median, pairedRatio, processorTime, timed } from './measure.mjs';
import { benchDir } from './world.mjs';

const MEGABYTES = 60;
const MOST = 1.05;

/** A clone of a big repository over TLS on loopback, `latencyMs` an answer: by git alone and through the filter. */
export async function filterBench({ rounds, latencyMs, log }) {
  const dir = await benchDir('filter');
  const parts = [];
  try {
    const forge = await startChild('filter-forge.mjs', dir, String(MEGABYTES), String(latencyMs));
    parts.unshift(forge);
    const { host } = new URL(forge.answer.url);
    const filter = await startChild('filter-run.mjs', host);
    parts.unshift(filter);
    const home = path.join(dir, 'home');
    await mkdir(home);
    const own = {
      PATH: process.env.PATH,
      HOME: home,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_SSL_CAINFO: forge.answer.caFile,
    };
    const through = {
      HTTPS_PROXY: filter.answer,
      NO_PROXY: '',
      no_proxy: '',
      GIT_HTTP_PROXY_AUTHMETHOD: 'basic',
    };
    const to = path.join(dir, 'clone');
    const clone = async env => {
      await rm(to, { recursive: true, force: true });
      const { ms } = await timed('git', ['clone', '-q', '--bare', forge.answer.url, to], { cwd: dir, env });
      return ms;
    };
    await clone(own);
    const before = await processorTime(filter.pid);
    const scenarios = [
      { name: 'alone', run: () => clone(own) },
      { name: 'filter', run: () => clone({ ...own, ...through }) },
    ];
    const values = await interleaved(scenarios, rounds, log);
    const after = await processorTime(filter.pid);
    return {
      alone: values.get('alone'),
      filter: values.get('filter'),
      ratio: pairedRatio(values, 'filter', 'alone'),
      cpuMs: before === undefined ? undefined : (after - before) / rounds,
    };
  } finally {
    for (const child of parts) await child.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

/** @returns the lines of a Markdown table */
export function filterTable({ alone, filter, ratio, cpuMs }, { latencyMs }) {
  const row = (title, all, told) =>
    `| ${title} | ${seconds(median(all))} (${seconds(Math.min(...all))}–${seconds(Math.max(...all))}) | ${told} |`;
  const cpu = cpuMs === undefined ? '' : `, ${seconds(cpuMs)} s of processor time`;
  return [
    `| clone of ${MEGABYTES} MB over TLS, ${latencyMs} ms an answer | seconds (least to most) | goal |`,
    '|---|---|---|',
    row('git alone', alone, ''),
    row(
      `through the filter of children${cpu}`,
      filter,
      `${mark(ratio <= MOST)} ${ratio.toFixed(2)} times git alone, at most ${MOST}`,
    ),
    '',
  ];
}
