/** One workload on DuckDB, as a whole process: `node duckdb.js WORKLOAD INPUT OUTPUT`. */
import { DuckDBInstance } from "@duckdb/node-api";
import { WORKLOADS } from "../workloads.js";

const [workload, input, output] = process.argv.slice(2);
const instance = await DuckDBInstance.create(":memory:", { threads: "2" });
const connection = await instance.connect();
const pairs = `read_csv('${input}', header = false, columns = {'k': 'BIGINT', 'v': 'BIGINT'})`;
const query = WORKLOADS[workload].sql.replace("pairs", pairs);
await connection.run(`copy (${query}) to '${output}' (format csv, header false)`);
