import os from "node:os";
import test from "ava";
import { groupLimit, systemMemory } from "../../runtime/system-memory.ts";

const GIBIBYTE = 2 ** 30;

const CIRCUMSTANCES: readonly {
  readonly circumstance: string;
  readonly files: Readonly<Record<string, string>>;
  readonly limit: number;
}[] = [
  { circumstance: "no control groups at all", files: {}, limit: Number.POSITIVE_INFINITY },
  {
    circumstance: "version 2 without a limit",
    files: { "/proc/self/cgroup": "0::/user.slice\n", "/sys/fs/cgroup/user.slice/memory.max": "max\n" },
    limit: Number.POSITIVE_INFINITY,
  },
  {
    circumstance: "version 2, a container that sees its own group as the root",
    files: { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": `${GIBIBYTE}\n` },
    limit: GIBIBYTE,
  },
  {
    circumstance: "version 2, where the group above is smaller",
    files: {
      "/proc/self/cgroup": "0::/slice/service\n",
      "/sys/fs/cgroup/slice/service/memory.max": `${4 * GIBIBYTE}\n`,
      "/sys/fs/cgroup/slice/memory.max": `${2 * GIBIBYTE}\n`,
    },
    limit: 2 * GIBIBYTE,
  },
  {
    circumstance: "version 2, where the group is slowed before it is killed",
    files: {
      "/proc/self/cgroup": "0::/service\n",
      "/sys/fs/cgroup/service/memory.max": `${4 * GIBIBYTE}\n`,
      "/sys/fs/cgroup/service/memory.high": `${3 * GIBIBYTE}\n`,
    },
    limit: 3 * GIBIBYTE,
  },
  {
    circumstance: "version 1 without a limit",
    files: {
      "/proc/self/cgroup": "4:memory:/service\n1:cpu:/\n",
      "/sys/fs/cgroup/memory/service/memory.limit_in_bytes": "9223372036854771712\n",
    },
    limit: Number("9223372036854771712"),
  },
  {
    circumstance: "version 1, a container whose path is the host's",
    files: {
      "/proc/self/cgroup": "11:cpu,cpuacct:/docker/1\n4:memory:/docker/1\n0::/docker/1\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": `${GIBIBYTE}\n`,
    },
    limit: GIBIBYTE,
  },
];

for (const { circumstance, files, limit } of CIRCUMSTANCES) {
  test(`system memory: with ${circumstance}, the limit is ${limit}`, (t) => {
    t.is(
      groupLimit((file) => files[file]),
      limit,
    );
  });
}

test("system memory: it is something, and not more than the machine has", (t) => {
  t.true(systemMemory() > 0);
  t.true(systemMemory() <= os.totalmem());
});
