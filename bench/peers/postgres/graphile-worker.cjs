// graphile-worker: https://worker.graphile.org. Settings: concurrency, quiet (no log), ahead (localQueue), batchMs (completions).
'use strict';

const { Logger, makeWorkerUtils, run: runWorker } = require('graphile-worker');
const { Pool } = require('pg');
const { payload, run } = require('../node-peer.cjs');

run((url, settings) => {
  const shared = { connectionString: url };
  if (settings.quiet) shared.logger = new Logger(() => () => {});

  const worker = {};
  if (settings.concurrency) Object.assign(worker, { concurrentJobs: settings.concurrency, maxPoolSize: Math.max(10, settings.concurrency + 2) });
  if (settings.ahead) worker.localQueue = { size: settings.ahead };
  if (settings.batchMs !== undefined) Object.assign(worker, { completeJobBatchDelay: settings.batchMs, failJobBatchDelay: settings.batchMs });

  return {
    async prepare() {
      const utils = await makeWorkerUtils(shared);
      await utils.migrate();
      await utils.release();
    },

    // A queue is a task of its own here, which only workers with a handler for it run.
    async open(name) {
      const pool = new Pool({ connectionString: url, max: 16 });
      const utils = await makeWorkerUtils({ ...shared, connectionString: undefined, pgPool: pool });
      return {
        add: (number, id) => utils.addJob(name, payload(number), id ? { jobKey: `${name} ${id}`, jobKeyMode: 'unsafe_dedupe' } : undefined),
        addMany: numbers => utils.addJobs(numbers.map(number => ({ identifier: name, payload: payload(number) }))),
        async count() {
          const { rows } = await pool.query('SELECT count(*)::int FROM graphile_worker.jobs WHERE task_identifier = $1', [name]);
          return rows[0].count;
        },
        async close() {
          await utils.release();
          await pool.end();
        },
      };
    },

    async work(name, handler) {
      const runner = await runWorker({
        ...shared,
        noHandleSignals: true,
        taskList: { [name]: async job => handler(job.number) },
        preset: { worker },
      });
      return { close: () => runner.stop() };
    },
  };
});
