/**
 * Faults of the protocol, by name: each is a change of one place in the compiled product.
 *
 * Owns: the list. `from` occurs once in its module, which a test sees to; nothing of this is in the product.
 */

export interface Mutant {
  /** What is wrong, in a few words. */
  readonly name: string;
  /** Below `dist/`. */
  readonly module: string;
  readonly from: string;
  readonly to: string;
}

export const MUTANTS: readonly Mutant[] = [
  ...inTransport(),
  ...inJournal(),
  ...inPartition(),
  ...inJob(),
  ...inMembership(),
  ...inOutput(),
  ...inPool(),
  ...inSupervision(),
];

function mutants(module: string, changes: readonly (readonly [name: string, from: string, to: string])[]): Mutant[] {
  return changes.map(([name, from, to]) => ({ name, module, from, to }));
}

function inTransport(): Mutant[] {
  return [
    ...mutants("runtime/transport/inbox.js", [
      ["a message that comes twice is delivered twice", "return [];", "return [envelope];"],
      [
        "messages are delivered as they come",
        "if (this.#held.size < this.#heldMax",
        "this.#nextSequence = sequence + 1; return [envelope]; if (this.#held.size < this.#heldMax",
      ],
    ]),
    ...mutants("runtime/transport/outbox.js", [
      ["one acknowledgement stands for all messages", "if (sequence > through)", "if (false)"],
    ]),
    ...mutants("runtime/identity.js", [
      ["fences are ignored", "return current ? undefined :", "return true ? undefined :"],
      [
        "an old term is accepted",
        "const current = !isOlder(carried.term, { than: known.term }) && ",
        "const current = ",
      ],
    ]),
  ];
}

function inJournal(): Mutant[] {
  return [
    ...mutants("runtime/journal/level-journal.js", [
      ["a commit is not synced", "batch([...operations], { sync })", "batch([...operations], { sync: false })"],
      [
        "what belongs together is written in two batches",
        "await this.#opened().batch([...operations], { sync });",
        "for (const type of ['del', 'put']) await this.#opened().batch(operations.filter((each) => each.type === type), { sync });",
      ],
    ]),
    ...mutants("runtime/journal/chained-journal.js", [
      ["a journal goes on after a failure", "this.#failure = failure(", "return failure("],
    ]),
    ...mutants("actors/executor/task-output.js", [
      ["blocks are not synced before their commit", "if (this.#place.durable && ", "if (false && "],
    ]),
    ...mutants("runtime/journal/record.js", [
      ["a record's checksum is not looked at", "if (checksum(value, key) !== hash)", "if (false)"],
    ]),
  ];
}

function inPartition(): Mutant[] {
  const commit = "context.journal.commit([{ actor, payload: encodeCommit(commit) }])";
  return [
    ...mutants("actors/partition/machine.js", [
      ["a task is told before it is committed", `${commit}.then(`, `${commit}; Promise.resolve().then(`],
      ["a new partition forgets its log", "return { commits, unusableCount", "return { commits: [], unusableCount"],
      ["a starved task fails its job", "event.failure.damage !== undefined", "false"],
    ]),
    ...mutants("actors/partition/task-book.js", [
      ["a partition forgets what is under way", "this.#underWay.set(tag, task);", ""],
      ["a withdrawn commit stays", "if (isMeant)", "if (false)"],
    ]),
    ...mutants("actors/worker/machine.js", [
      [
        "a worker drops tasks of a partition that runs",
        'context.sendToPartition(event.job, partition, { type: "partition.run", tasks });',
        "",
      ],
    ]),
  ];
}

function inJob(): Mutant[] {
  const journaled = "context.journal.commit([{ actor: jobLog(job.id), payload: context.encodeJob(job) }])";
  return [
    ...mutants("actors/job/progress.js", [
      ["blocks are freed too early", "this.#opened.at(-2)", "this.#opened.at(-1)"],
      [
        "a stage opens before the last task of the one before",
        "commits.size >= this.#stage.taskCount",
        "commits.size >= this.#stage.taskCount - 1",
      ],
      [
        "a commit counts once for each of its holders",
        "this.#commitsOf(commit.stage).set(name, first);",
        "this.#commitsOf(commit.stage).set(name + worker, first);",
      ],
    ]),
    ...mutants("actors/job/holdings.js", [
      [
        "damage is not withdrawn",
        "copies.delete(worker);\n                dropped.push({ name, worker, commit, at });",
        "dropped.push({ name, worker, commit, at });",
      ],
    ]),
    ...mutants("actors/job/placement.js", [
      ["a lost worker keeps its tasks", "this.#desks.delete(worker);", ""],
      ["a starved task is not given back", "  desk.take(key, nowMs);", ""],
    ]),
    ...mutants("actors/job/machine.js", [
      ["what a partition lost is not given to it again", "again(context, event.worker, event.partition);", ""],
    ]),
    ...mutants("actors/job/worker-orders.js", [
      ["a worker that begins anew is not opened again", "known.member.life === member.life", "true"],
    ]),
    ...mutants("actors/coordinator/machine.js", [
      ["a job begins before it is journaled", `${journaled}.then(`, `${journaled}; Promise.resolve().then(`],
    ]),
  ];
}

function inMembership(): Mutant[] {
  return [
    ...mutants("runtime/failure/heartbeat-decision.js", [
      ["silence is never death", "if (silenceMs >= options.deadAfterMs)", "if (false)"],
      ["nobody is ever hung", "return watch.latest?.busy === true &&", "return false &&"],
    ]),
    ...mutants("actors/cluster/process-life.js", [
      ["a life of a process is not synced", "replace: true, stable: true", "replace: true"],
    ]),
    ...mutants("actors/cluster/same-directory.js", [
      ["any coordinator is taken for the one of before", "return directory === known", "return true"],
    ]),
    ...mutants("actors/membership/machine.js", [
      ["a worker that is unknown is not told so", 'if (heard !== "accepted")', "if (false)"],
      ["the next coordinator does not know who is drained", "of event.output.unwanted)", "of [])"],
    ]),
  ];
}

function inOutput(): Mutant[] {
  return [
    ...mutants("actors/output/machine.js", [
      [
        "the output appears before its last piece",
        "isComplete: ({ context }) => context.pieces.isComplete",
        "isComplete: ({ context }) => context.pieces.done >= context.pieces.count - 1",
      ],
    ]),
    ...mutants("actors/output/pieces.js", [
      [
        "pieces are written as they come",
        "return this.#finished.get(this.#turn);",
        "return this.#finished.values().next().value;",
      ],
    ]),
    ...mutants("actors/output/file-output.js", [
      [
        "what was written is not looked at before going on",
        "(await this.#attempt(() => hasBytes(handle, keepBytes, crc))) ? keepBytes : 0",
        "keepBytes",
      ],
      ["the output's name is not synced", "await this.#attempt(() => this.#syncDirectory());", "await undefined;"],
    ]),
    ...mutants("actors/executor/input-files.js", [
      ["a copy of the input is not looked at", "if (!isAsItCame(descriptor, copy))", "if (false)"],
    ]),
    ...mutants("actors/executor/stored-input.js", [
      ["the header of a run is not checked", "if (crc32c(header, 0, header.length) !== at.crc)", "if (false)"],
    ]),
  ];
}

function inPool(): Mutant[] {
  return [
    ...mutants("actors/executor-pool/ledger.js", [
      [
        "the task of a dead executor is lost",
        "this.#putBack(poisoned ? others : executor.tasks);",
        "this.#putBack(others);",
      ],
      ["executors are given all that waits", "depth <= EXECUTOR_TASKS_MAX", "depth <= 99"],
    ]),
    ...mutants("programs/kernels/int64/combiner-sink.js", [
      [
        "a combiner is cut by time",
        "return Math.min(COMBINER_KEYS_MAX,",
        "globalThis.combinersMade = (globalThis.combinersMade ?? 0) + 1; return Math.min(globalThis.combinersMade % 3 === 0 ? 2 : COMBINER_KEYS_MAX,",
      ],
    ]),
  ];
}

function inSupervision(): Mutant[] {
  return [
    ...mutants("runtime/supervision/deaths.js", [
      ["a restarted actor has its old incarnation", "record.incarnation += 1;", ""],
      ["a restart does not wait", "const delayMs = backoffMs(", "const delayMs = 0 * backoffMs("],
    ]),
    ...mutants("runtime/supervision/decide.js", [
      ["restarts are never too many", "if (facts.restartsInWindow > facts.restartsMax)", "if (false)"],
      ["the window of restarts never slides", "atMs >= nowMs - intensity.withinMs", "true"],
      [
        "who depends on a dead actor is not restarted",
        "return place.ofSibling >= place.ofDead;",
        "return place.ofSibling === place.ofDead;",
      ],
    ]),
    ...mutants("actors/switchboard.js", [["incarnations begin anew with a supervisor", "?? 0) + 1", "?? 0) * 0 + 1"]]),
  ];
}
