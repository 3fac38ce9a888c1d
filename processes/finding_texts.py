"""The texts of the validator's findings by code; a code is part of the interface and is never renamed."""

from __future__ import annotations

from collections.abc import Mapping

from kernel.texts import Text

_ERRORS: tuple[tuple[str, str, str], ...] = (
    # The file
    ("too_large", "文件超过 {megabytes} MB，请拆成几个流程", "The file is over {megabytes} MB; split the process"),
    ("encoding", "不支持编码 {found}，请以 UTF-8 保存", "The encoding {found} is not read; save the file as UTF-8"),
    ("doctype", "文件含有 DOCTYPE，请删除后再上传", "The file has a DOCTYPE; remove it"),
    ("not_xml", "文件不是有效的 XML：{reason}", "The file is not well-formed XML: {reason}"),
    (
        "not_bpmn",
        "文件不是 BPMN 2.0 流程图（根元素为 {found}），请从流程设计器导出 BPMN 文件",
        "The file is not BPMN 2.0 (its root is {found}); export a BPMN file from the modeler",
    ),
    (
        "too_many_attributes",
        "一个元素的属性超过 {limit} 个，请删除多余的",
        "An element has more than {limit} attributes; remove what is not needed",
    ),
    ("too_many_findings", "问题超过 {count} 个，先改正以上各项", "More than {count} problems; correct these first"),
    ("no_process", "文件中没有流程（process），请画一个流程", "The file has no process; draw one"),
    ("several_processes", "一个文件只能有一个流程，请分成几个文件", "A file holds one process; use a file for each"),
    (
        "not_executable",
        "流程的 isExecutable 为 false，请改为 true",
        "The process has isExecutable=false; set it to true",
    ),
    (
        "process_key_differs",
        "流程编号应为 {expected}，实际为 {found}",
        "The process id should be {expected}, but is {found}",
    ),
    # Ids
    ("id_missing", "{element} 没有 id，请填写", "{element} has no id; give it one"),
    (
        "id_invalid",
        "id“{found}”无效：以字母开头，由字母、数字、下划线、点或连字符组成，不超过 80 个字符",
        "The id '{found}' is not valid: a letter, then letters, digits, _ . or -, at most 80 characters",
    ),
    ("id_duplicate", "id“{found}”重复，请改成不同的 id", "The id '{found}' is used more than once; ids must differ"),
    # The whitelist
    ("element_refused", "这里不支持 {element}：{instead}", "{element} is not supported here: {instead}"),
    (
        "attribute_refused",
        "{element} 不支持属性 {attribute}：{instead}",
        "{element} cannot have {attribute}: {instead}",
    ),
    (
        "attribute_value_refused",
        "{element} 的属性 {attribute} 不能是“{found}”，应为 {expected}",
        "{attribute} of {element} cannot be '{found}'; it must be {expected}",
    ),
    ("attribute_missing", "{element} 缺少 {attribute}，请填写", "{element} needs {attribute}; fill it in"),
    ("child_several", "{element} 只能有一个 {child}", "{element} can have one {child} only"),
    (
        "property_duplicate",
        "属性“{found}”写了两次，请只留一个",
        "The property '{found}' is there twice; keep one",
    ),
    # Events
    (
        "event_definition_missing",
        "{element} 没有事件类型，请设为：{expected}",
        "{element} has no event type; choose {expected}",
    ),
    ("event_definition_several", "一个事件只能有一种类型", "An event can have one type only"),
    (
        "event_refused",
        "{element} 不支持 {found}，只能是：{expected}",
        "{element} cannot be of type {found}; it can be {expected}",
    ),
    (
        "attached_refused",
        "{event} 不能附在 {activity} 上，请附在：{expected}",
        "{event} cannot be attached to {activity}; attach it to {expected}",
    ),
    (
        "error_not_interrupting",
        "错误和取消事件总是中断的，请改为中断事件",
        "An error or cancel event always interrupts; make it interrupting",
    ),
    (
        "start_not_interrupting",
        "只有事件子流程的开始事件可以不中断，请删除 isInterrupting=false",
        "Only the start of an event sub-process may be non-interrupting; remove isInterrupting=false",
    ),
    (
        "link_alone",
        "链接“{found}”在同一层没有另一端，请画出抛出和捕获两个链接事件",
        "The link '{found}' has no other end in its scope; draw the link event that throws and the one that catches",
    ),
    (
        "link_duplicate",
        "链接“{found}”有两个捕获事件，请只留一个",
        "The link '{found}' is caught twice; keep one",
    ),
    (
        "event_gateway_alone",
        "事件网关之后应至少有两个事件",
        "At least two events must stand behind an event-based gateway",
    ),
    (
        "event_gateway_target",
        "事件网关之后只能是等待的事件或接收任务，且只从网关到达、没有边界事件，“{found}”不是",
        "Behind an event-based gateway stand events that wait or receive tasks, reached from there alone and without"
        " boundary events; '{found}' does not fit",
    ),
    (
        "handler_missing",
        "补偿事件应以关联线连到一个补偿活动（isForCompensation）",
        "A compensation event leads by an association to one activity with isForCompensation; draw it",
    ),
    (
        "handler_alone",
        "没有补偿事件连到这个补偿活动，请连接或取消补偿标记",
        "No compensation event leads to this handler; connect it or take its compensation mark away",
    ),
    (
        "handler_repeated",
        "重复的活动不能补偿，一个活动也只能有一个补偿事件",
        "A repeated activity cannot be undone, and an activity has one compensation event only",
    ),
    (
        "undone_unknown",
        "要补偿的“{found}”在同一层没有补偿活动",
        "'{found}' is to be undone but has no handler in this scope",
    ),
    ("cancel_outside", "取消结束事件只能放在事务中", "A cancel end event stands in a transaction only"),
    (
        "cancel_not_caught",
        "事务边界上没有取消事件，请加一个",
        "The transaction has no cancel event on its border; add one",
    ),
    # Repetition
    ("repeated_twice", "一个活动不能既是多实例又是循环", "An activity cannot be multi-instance and loop at once"),
    (
        "repetition_of_what",
        "多实例应正好写 camunda:collection、loopDataInputRef、loopCardinality 之一",
        "A multi-instance activity needs exactly one of camunda:collection, loopDataInputRef, loopCardinality",
    ),
    (
        "boundary_duplicate",
        "同一活动上有两个捕获“{found}”的边界事件，请只留一个",
        "Two boundary events of one activity catch '{found}'; keep one",
    ),
    # References
    (
        "reference_unknown",
        "{attribute}“{found}”在文件中不存在，请重新连接或删除",
        "{attribute} '{found}' does not exist in the file; reconnect or remove it",
    ),
    ("message_unnamed", "消息没有名称，请填写消息名称", "The message has no name; name it"),
    ("message_duplicate", "消息名称“{found}”用了两次，请合为一个", "The message name '{found}' is used twice; use one"),
    ("signal_unnamed", "信号没有名称，请填写信号名称", "The signal has no name; name it"),
    ("signal_duplicate", "信号名称“{found}”用了两次，请合为一个", "The signal name '{found}' is used twice; use one"),
    (
        "escalation_without_code",
        "升级没有代码（escalationCode），请填写",
        "The escalation has no escalationCode; fill it in",
    ),
    (
        "escalation_duplicate",
        "升级代码“{found}”用了两次，请合为一个",
        "The escalationCode '{found}' is used twice; use one",
    ),
    ("error_without_code", "错误没有代码（errorCode），请填写", "The error has no errorCode; fill it in"),
    ("error_duplicate", "错误代码“{found}”用了两次，请合为一个", "The errorCode '{found}' is used twice; use one"),
    (
        "error_not_caught",
        "错误“{found}”没有边界事件捕获，请在外层子流程或调用活动上加错误边界事件",
        "Nothing catches the error '{found}'; add an error boundary event to the sub-process or call around it",
    ),
    ("form_unknown", "表单“{found}”不存在，请先建立表单", "There is no form '{found}'; add the form first"),
    (
        "file_unknown",
        "无法识别的文件类型，文件名应以 {expected} 结尾",
        "A file of no kind that can be deployed; its name ends with one of {expected}",
    ),
    ("file_name_long", "文件名超过 {limit} 个字符", "The name of the file is longer than {limit} characters"),
    ("key_twice", "同一次部署中有两个“{found}”", "'{found}' is in this deployment twice"),
    (
        "topic_invalid",
        "主题“{found}”不是名称，请用字母、数字和 . : / _ -，最多 {limit} 个字符",
        "The topic '{found}' is no name; use letters, digits and . : / _ -, at most {limit} of them",
    ),
    ("process_unknown", "被调用的流程“{found}”不存在", "There is no process '{found}' to call"),
    (
        "effect_unknown",
        "登记结果“{found}”不存在，可用的是 {known}",
        "There is no effect '{found}' on the registry; known are {known}",
    ),
    (
        "employer_unknown",
        "属性 employer 的值“{found}”不存在，可用的是 {known}",
        "There is no value '{found}' of the property employer; known are {known}",
    ),
    (
        "document_incomplete",
        "打印文书的属性不全，还缺 {found}",
        "What says the document of this line is not whole; {found} is missing",
    ),
    ("template_unknown", "文书模板“{found}”不存在", "There is no document template '{found}'"),
    ("decision_unknown", "决策“{found}”不存在，请先建立决策表", "There is no decision '{found}'; add its table first"),
    (
        "decision_mapping",
        "决策“{decision}”的结果不能用 {found} 取得，应为 {expected}",
        "What the decision '{decision}' gives cannot be taken as {found}; use {expected}",
    ),
    ("role_unknown", "角色“{found}”不存在，应为：{known}", "There is no role '{found}'; the roles are {known}"),
    ("scope_unknown", "范围“{found}”不存在，应为：{known}", "There is no scope '{found}'; the scopes are {known}"),
    (
        "separate_from_unknown",
        "separate_from 指向的任务“{found}”不存在",
        "separate_from names the task '{found}', which does not exist",
    ),
    # Expressions
    ("expression_missing", "{place} 没有表达式，请填写", "{place} has no expression; fill it in"),
    ("expression_invalid", "{place} 的表达式有误：{reason}", "The expression of {place} is wrong: {reason}"),
    (
        "language_refused",
        "{place} 的语言“{found}”不支持，请用 FEEL（feel）",
        "{place} is in '{found}'; write FEEL (feel)",
    ),
    (
        "juel_refused",
        "条件“{found}”无法译成 FEEL：{reason}；请改写为 FEEL",
        "The condition '{found}' cannot be translated to FEEL: {reason}; write it in FEEL",
    ),
    (
        "timer_invalid",
        "定时“{found}”不是有效的 {expected}",
        "The timer '{found}' is not a valid {expected}",
    ),
    (
        "timer_parts",
        "定时事件应正好有 timeDate、timeDuration、timeCycle 之一",
        "A timer event needs exactly one of timeDate, timeDuration, timeCycle",
    ),
    (
        "start_timer_reads",
        "启动流程的定时不能读取变量 {found}：此时还没有实例，请写明时间",
        "A timer that begins a process cannot read {found}: no instance is there yet; write the time out",
    ),
    (
        "timer_of_a_line",
        "办事事项由申请人在门户发起，不能由定时启动；请另画流程",
        "A line begins in its portal with its form; a timer cannot begin it: draw a process for it",
    ),
    (
        "cycle_refused",
        "循环定时只能用于不中断的边界事件或事件子流程，请用 timeDuration 或 timeDate",
        "A cycle fits only a non-interrupting boundary event or event sub-process; use timeDuration or timeDate",
    ),
    (
        "mapping_invalid",
        '{element} 应写成 source 加 target、sourceExpression 加 target，或 variables="all"',
        'Write {element} with source and target, sourceExpression and target, or variables="all"',
    ),
    (
        "variable_invalid",
        "变量名“{found}”无效：应为字母、数字和下划线，不以数字开头",
        "'{found}' is no variable name: letters, digits and _, not starting with a digit",
    ),
    (
        "retry_invalid",
        "重试“{found}”无效，应写成 R3/PT10M（次数/间隔）",
        "The retry '{found}' is not valid; write R3/PT10M (tries/pause)",
    ),
    # Flows
    ("start_missing", "没有开始事件，请加一个", "There is no start event; add one"),
    ("start_several", "只能有一个空的开始事件，请合为一个", "There can be one start event of no type only; merge them"),
    ("end_missing", "没有结束事件，请加一个", "There is no end event; add one"),
    ("flow_into", "{element} 不能有流入的连线，请改连", "No flow can enter {element}; reconnect it"),
    ("flow_out_of", "{element} 不能有流出的连线，请改连", "No flow can leave {element}; reconnect it"),
    ("no_incoming", "{element} 没有流入的连线，请连接或删除", "No flow enters {element}; connect or remove it"),
    (
        "no_outgoing",
        "{element} 没有流出的连线，请连到下一步或结束事件",
        "No flow leaves {element}; connect it to the next step or an end event",
    ),
    (
        "flow_crosses_border",
        "连线不能跨越子流程的边框：{source} → {target}",
        "A flow cannot cross the border of a sub-process: {source} → {target}",
    ),
    ("unreachable", "从开始事件走不到这里，请连接或删除", "No way leads here from the start; connect or remove it"),
    (
        "no_way_to_end",
        "从这里走不到任何结束事件，请加一条出路",
        "No way leads from here to an end event; add one",
    ),
    (
        "endless_loop",
        "这个环路中没有等待的步骤，会无休止地运行，请加入任务或去掉环路",
        "This loop has no step that waits, so it would never stop; put a task into it or remove it",
    ),
    (
        "default_missing",
        "{element} 有几条流出的连线而没有默认连线，请指定一条为默认",
        "{element} has several outgoing flows and no default flow; make one the default",
    ),
    (
        "default_condition",
        "默认连线不能有条件，请删除条件或另选默认连线",
        "The default flow cannot have a condition; remove it or choose another default",
    ),
    (
        "condition_missing",
        "从 {element} 流出的非默认连线没有条件，请填写",
        "A flow from {element} that is not the default has no condition; fill it in",
    ),
    (
        "condition_refused",
        "从 {element} 流出的连线不能有条件，请先连到排他或包容网关",
        "A flow from {element} cannot have a condition; put an exclusive or inclusive gateway between",
    ),
    # Limits
    ("too_many_elements", "元素超过 {limit} 个，请拆成几个流程", "More than {limit} elements; split the process"),
    (
        "path_too_long",
        "一条路径上有 {found} 个节点，上限 {limit}，请用调用活动拆分",
        "{found} nodes on one path, the limit is {limit}; split it by call activities",
    ),
    (
        "nesting_too_deep",
        "子流程嵌套超过 {limit} 层，请用调用活动",
        "Sub-processes are nested more than {limit} deep; use call activities",
    ),
    (
        "too_many_paths",
        "并行分支组合过多（超过 {limit}），请把其中一部分放入调用活动",
        "The parallel branches combine in more than {limit} ways; move some into a call activity",
    ),
    ("call_recursion", "流程互相调用成环：{found}", "The processes call each other in a circle: {found}"),
    (
        "calls_too_large",
        "连同所调用的流程共超过 {limit} 个节点，请减少调用",
        "With all it calls the process has more than {limit} nodes; call less",
    ),
)

_WARNINGS: tuple[tuple[str, str, str], ...] = (
    (
        "topic_unknown",
        "本系统没有主题“{found}”的处理程序，等待其他系统领取",
        "No handler here takes the topic '{found}'; it is left to other systems",
    ),
    (
        "is_executable_missing",
        "流程没有写 isExecutable，按 true 处理",
        "The process does not say isExecutable; it is taken as true",
    ),
    (
        "id_not_speaking",
        "id“{found}”看不出含义，建议改成小写英文词，如 review_documents",
        "The id '{found}' says nothing; use lower-case words such as review_documents",
    ),
    (
        "attribute_without_effect",
        "属性 {attribute} 在本系统中不起作用：{instead}",
        "{attribute} has no effect here: {instead}",
    ),
    (
        "property_unknown",
        "属性“{found}”不在本系统的约定中，不起作用",
        "The property '{found}' is not known here and has no effect",
    ),
    (
        "juel_translated",
        "条件“{found}”按 FEEL“{feel}”执行，建议直接改写",
        "The condition '{found}' is run as the FEEL '{feel}'; better write that",
    ),
    ("drawing_missing", "流程图没有图形信息，页面上看不到它", "The file has no drawing, so no page can show it"),
    ("drawing_incomplete", "“{found}”没有画在图上", "'{found}' is not in the drawing"),
)

ERRORS: Mapping[str, Text] = {code: Text(zh, en) for code, zh, en in _ERRORS}
WARNINGS: Mapping[str, Text] = {code: Text(zh, en) for code, zh, en in _WARNINGS}
