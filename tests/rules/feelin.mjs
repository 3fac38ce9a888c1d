// Evaluates vectors with feelin, the evaluator of form-js: answers and sources on standard input, values on standard output.
import { readFileSync } from "node:fs";
import { evaluate } from "feelin";

const { answers, sources } = JSON.parse(readFileSync(0, "utf8"));
const values = sources.map((source) => evaluate(source, answers).value ?? null);
process.stdout.write(JSON.stringify(values));
