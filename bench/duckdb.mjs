// One query in DuckDB, one thread unless said; prints what measure.pl wants to know, as JSON.
//   node duckdb.mjs DATABASE THREADS ROUNDS SQL      seconds of wall and CPU per round, after one to warm up
//   node duckdb.mjs DATABASE THREADS answer SQL      the rows, tab-separated
// The result is materialized inside DuckDB and never becomes JavaScript values, but for answers.
import { createRequire } from 'node:module';
const { DuckDBInstance } = createRequire(process.env.DUCKDB_MODULES + '/')('@duckdb/node-api');

const [database, threads, rounds, sql] = process.argv.slice(2);
const instance = await DuckDBInstance.create(database, { threads });
const connection = await instance.connect();
if (rounds === 'answer') {
  const reader = await connection.runAndReadAll(sql);
  for (const row of reader.getRows()) console.log(row.map(String).join('\t'));
} else {
  const runs = [];
  for (let round = 0; round <= rounds; round++) {
    const wall = performance.now();
    const cpu = process.cpuUsage();
    await connection.run(sql);
    const used = process.cpuUsage(cpu);
    if (round > 0) runs.push([(performance.now() - wall) / 1e3, (used.user + used.system) / 1e6]);
  }
  console.log(JSON.stringify({ runs, peak: process.resourceUsage().maxRSS / 1024 }));
}
