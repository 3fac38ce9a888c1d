// A worker on camunda-external-task-client-js. What it is told for a task stands in the task's own variables: `do` is
// complete, fail, throw or extend. It notes each task it has got as a line of JSON, and ends when it is told to.
import { createRequire } from "node:module";

const [baseUrl, workerId, password, folder] = process.argv.slice(2);
const found = createRequire(`${folder}/package.json`).resolve("camunda-external-task-client-js");
const { BasicAuthInterceptor, Client, Variables } = await import(found);

const client = new Client({
  baseUrl,
  workerId,
  maxTasks: 2,
  asyncResponseTimeout: 5000,
  interval: 50,
  interceptors: new BasicAuthInterceptor({ username: "any", password }),
});

client.subscribe("assess", { lockDuration: 20000 }, async ({ task, taskService }) => {
  const wanted = task.variables.get("do");
  process.stdout.write(`${JSON.stringify({ id: task.id, wanted })}\n`);
  const results = new Variables().set("score", 70).setTyped("papers", { type: "Json", value: { kept: [1, 2] } });
  if (wanted === "fail") {
    const retries = task.retries === null ? 1 : task.retries - 1;
    await taskService.handleFailure(task, { errorMessage: "no answer", errorDetails: "line 7", retries, retryTimeout: 100 });
  } else if (wanted === "throw") {
    await taskService.handleBpmnError(task, "NO_DATA", "nothing there", new Variables().set("missing", "papers"));
  } else {
    if (wanted === "extend") await taskService.extendLock(task, 90000);
    await taskService.complete(task, results, new Variables().set("scratch", 1));
  }
});

process.on("SIGTERM", () => process.exit(0));
