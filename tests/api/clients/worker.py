"""A worker on camunda-external-task-client-python3; it does and notes the same as `worker.mjs`."""

from __future__ import annotations

import json
import sys
from typing import Any

from camunda.external_task.external_task import ExternalTask, TaskResult  # type: ignore[import-untyped]
from camunda.external_task.external_task_worker import ExternalTaskWorker  # type: ignore[import-untyped]


def act(task: ExternalTask) -> TaskResult:
    wanted = task.get_variable("do")
    print(json.dumps({"id": task.get_task_id(), "wanted": wanted}), flush=True)
    if wanted == "fail":
        return task.failure("no answer", "line 7", max_retries=1, retry_timeout=100)
    if wanted == "throw":
        return task.bpmn_error("NO_DATA", "nothing there", {"missing": "papers"})
    results: dict[str, Any] = {"score": 70, "papers": {"value": {"kept": [1, 2]}, "type": "Json"}}
    return task.complete(results, {"scratch": 1})


def main() -> None:
    base_url, worker_id, token, _ = sys.argv[1:]
    config = {"auth_bearer": {"access_token": token}, "maxTasks": 2, "asyncResponseTimeout": 5000, "sleepSeconds": 1}
    ExternalTaskWorker(worker_id, base_url, {**config, "lockDuration": 20000}).subscribe("assess", act)


if __name__ == "__main__":
    main()
