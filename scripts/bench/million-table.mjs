import { mark, seconds } from './marks.mjs';

const RSS = 200e6;
/** Of the time of one file among the most files to that among the fewest: linear, with what noise may add. */
const LINEAR = 1.5;

/** The figures of large stores as Markdown. */
export function millionTable({ rows, files, oldDays }) {
  const least = files[0];
  const most = files.at(-1);
  const table = [
    `Stores of small files, three a version and an index entry beside; half of the versions unused for ${oldDays} days.`,
    '',
    `| \`modgate cache\` | files | seconds | ms for 1000 files | to ${count(least)} files | peak MB | goal |`,
    '|---|---|---|---|---|---|---|',
  ];
  for (const name of new Set(rows.map(row => row.name))) {
    const of = rows.filter(row => row.name === name);
    for (const row of of) {
      const ratio = row.ms / row.files / (of[0].ms / of[0].files);
      const goals = [`${mark(row.rss <= RSS)} ≤ ${RSS / 1e6} MB`];
      if (row.files === most) goals.push(`${mark(ratio <= LINEAR)} ≤ ${LINEAR} ×`);
      const perThousand = ((row.ms / row.files) * 1000).toFixed(0);
      const memory = Math.round(row.rss / 1e6);
      table.push(
        `| ${name} | ${count(row.files)} | ${seconds(row.ms)} | ${perThousand} | ${ratio.toFixed(2)} × | ${memory} | ${goals.join(', ')} |`,
      );
    }
  }
  return [...table, ''];
}

function count(files) {
  return files.toLocaleString('en');
}
