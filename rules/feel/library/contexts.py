"""Functions of contexts (DMN 1.5, table 80). A context is never changed: what is put makes a new one."""

from __future__ import annotations

from typing import Any

from rules.feel.frame import Frame
from rules.feel.library.signatures import built_in

Context = dict[str, Any]


@built_in("get value", "context: context, key: string", "m: context, key: string", "context: context, keys: list")
def get_value(frame: Frame, context: Context, key: str | list[Any]) -> Any:
    found: Any = context
    keys = [key] if isinstance(key, str) else key
    for name in keys:
        if not isinstance(found, dict) or name not in found:
            frame.note(f"没有条目“{name}”", f"there is no entry “{name}”")
            return None
        found = found[name]
    return found if keys else None


@built_in("get entries", "context: context", "m: context")
def get_entries(frame: Frame, context: Context) -> list[Context]:
    frame.spend(1 + 2 * len(context))
    return [{"key": name, "value": value} for name, value in context.items()]


@built_in("context", "entries: list")
def context_of(frame: Frame, entries: list[Any]) -> Context | None:
    found: Context = {}
    frame.spend(len(entries))
    for entry in entries:
        name = entry.get("key") if isinstance(entry, dict) else None
        if not isinstance(name, str) or "value" not in entry or name in found:
            frame.note("条目应为不重复的 {key, value}", "entries are {key, value}, each key once")
            return None
        found[name] = entry["value"]
    return found


@built_in("context put", "context: context, key: string, value: any")
def context_put(frame: Frame, context: Context, key: str, value: Any) -> Context:
    frame.spend(1 + len(context))
    return {**context, key: value}


@built_in("context put", "context: context, keys: list, value: any")
def context_put_deep(frame: Frame, context: Context, keys: list[Any], value: Any) -> Context | None:
    if not keys or not all(isinstance(key, str) for key in keys):
        frame.note("键应为文字的列表", "the keys are a list of texts")
        return None
    frame.spend(1 + len(context) + len(keys))
    first, *others = keys
    if not others:
        return {**context, first: value}
    inner = context.get(first)
    if not isinstance(inner, dict):
        frame.note(f"“{first}”不是上下文", f"“{first}” is no context")
        return None
    below = context_put_deep(frame, inner, others, value)
    return None if below is None else {**context, first: below}


@built_in("context merge", "contexts: list")
def context_merge(frame: Frame, contexts: list[Any]) -> Context | None:
    found: Context = {}
    for context in contexts:
        if not isinstance(context, dict):
            frame.note("列表含有上下文以外的内容", "the list holds something else than contexts")
            return None
        frame.spend(1 + len(context))
        found.update(context)
    return found
