// Microseconds of feelin for each expression on standard input, on standard output; run by `bench.feel`.
import { readFileSync } from "node:fs";
import { evaluate } from "feelin";

const { variables, expressions } = JSON.parse(readFileSync(0, "utf8"));
const found = expressions.map((source) => {
  let best = Infinity;
  let value;
  for (let lap = 0; lap < 70; lap++) {
    const started = process.hrtime.bigint();
    for (let run = 0; run < 10; run++) value = evaluate(source, variables).value;
    best = Math.min(best, Number(process.hrtime.bigint() - started) / 10 / 1000);
  }
  return { us: best, value: String(value) };
});
process.stdout.write(JSON.stringify(found));
