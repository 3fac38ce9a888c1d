"""The reason catalogue: every code a person can be refused with, in both languages (REQUIREMENTS.md 3.5).

A code is part of the interface and is never renamed. `{names}` are filled by the refusal.
"""

from __future__ import annotations

from kernel.texts import Text

CATALOGUE: dict[str, Text] = {
    code: Text(zh, en)
    for code, zh, en in (
        ("ACCOUNT_EXISTS", "该证件号码已注册账户", "An account with this ID number already exists"),
        ("ACCOUNT_TAKEN", "登录帐号已被使用", "The account name is already taken"),
        ("APPEAL_ALREADY_FILED", "已提交过申诉，不能重复申诉", "An appeal has already been filed"),
        ("APPEAL_NOT_IN_PUBLICITY", "不在公示期内，不能提交申诉", "Appeals are only possible in the publicity period"),
        ("APPEAL_NOT_REJECTED", "审核结果为通过，无需申诉", "The decision is a pass; there is nothing to appeal"),
        ("ATTACHMENT_MISSING", "请上传：{attachments}", "Please upload: {attachments}"),
        ("BATCH_TOO_LARGE", "一次最多提交{max}人", "At most {max} people at once"),
        (
            "BUSINESS_IN_PROGRESS",
            "有在办业务：{line} {business_no}，请在【申报事项查询】中删除后再申报",
            "Business in progress: {line} {business_no}; delete it under application enquiry first",
        ),
        ("CAPTCHA_WRONG", "验证码错误", "Wrong captcha"),
        ("CHANGE_LIMIT_EXCEEDED", "一年内最多变更单位5次", "At most 5 changes of unit within one year"),
        (
            "CLASS1_CHANGE_FIRST",
            "公司名下有一级建造师，请先在一级建造师系统办理变更",
            "Change the class-1 constructors in the class-1 system first",
        ),
        (
            "CLASS1_PORTAL_ONLY",
            "一级和一建临时建造师请到一级建造师官网办理",
            "Class-1 and class-1 temporary business is handled in the class-1 portal",
        ),
        ("COMMAND_REUSED", "同一提交编号的内容不一致", "This command id was used for another request"),
        (
            "CONTINUATION_TOO_EARLY",
            "有效期届满前90天方可办理延续注册，{date}起开放",
            "Continuation opens 90 days before expiry, on {date}",
        ),
        (
            "CONTINUATION_TOO_LATE",
            "距有效期届满不足30天，只能办理注销注册，注销完成后再重新注册",
            "Less than 30 days to expiry: only deregistration, then re-registration",
        ),
        ("CONTRACT_INVALID", "劳动合同起止日期不正确", "Labour contract dates are not valid"),
        ("CORRECTION_NOT_FOUND", "未查询到该执业资格证书编号", "No qualification certificate with this number"),
        ("CSRF_FAILED", "页面已过期，请重新提交", "The page has expired; submit again"),
        ("DECISION_FAILED", "填写的数据无法作出决策", "The decision cannot be made of these inputs"),
        ("DEFINITION_SUSPENDED", "流程已暂停，不能启动新的实例", "The process is suspended; no instance starts now"),
        ("DEPLOYMENT_REFUSED", "部署被拒绝，请按问题清单修改", "Deployment refused; see the list of problems"),
        (
            "DEREGISTER_FIRST",
            "注册证书已过期，请先办理注销注册，办结后再申请",
            "The registration has expired: deregister first, then apply",
        ),
        ("EMAIL_INVALID", "电子邮箱格式错误", "Invalid e-mail address"),
        (
            "EMPLOYER_INFO_INCOMPLETE",
            "企业信息不完整：{fields}，请企业完善后重新申请",
            "Enterprise information incomplete: {fields}",
        ),
        ("EMPLOYER_NOT_FOUND", "未找到该组织机构代码对应的企业", "No enterprise with this code"),
        (
            "ENTERPRISE_BUSINESS_OPEN",
            "企业有未办结的业务或其他单位调入申请未办结：{list}",
            "Unclosed business or transfer-in applications of others: {list}",
        ),
        ("ENTERPRISE_CHANGE_OPEN", "企业正在办理企业信息变更", "The enterprise has an open enterprise-info change"),
        ("FIELD_INVALID", "{field}不正确", "{field} is not valid"),
        (
            "FIELD_NOT_IN_FORM",
            "提交的内容含有表单以外的项：{fields}",
            "The request has fields that are not in the form: {fields}",
        ),
        ("FIELD_REQUIRED", "请填写{field}", "{field} is required"),
        ("FILE_TOO_LARGE", "文件超过{max}MB", "File larger than {max} MB"),
        ("FILE_TYPE_INVALID", "文件格式不支持", "File type not accepted"),
        ("FLAG_BLOCKS", "存在异常标志：{flags}，不能审核通过", "Cannot pass while these flags stand: {flags}"),
        (
            "FLAG_NOT_COMPARED",
            "数据尚未比对，次日后方可审核",
            "Data not compared yet; decide after the next-day comparison",
        ),
        ("FLAG_NOT_PRESENT", "该异常标志不存在或已清除", "The flag does not exist or is cleared"),
        ("ID_DATA_MISMATCH", "性别或出生日期与身份证号不一致", "Gender or birth date differs from the ID number"),
        ("ID_NUMBER_INVALID", "证件号码格式或校验位错误", "Invalid ID number"),
        ("ID_NUMBER_IN_USE", "证件号码已被其他人员使用", "The ID number belongs to another person"),
        ("INPUT_INVALID", "填写的内容有误", "Some entries are not valid"),
        (
            "INSTANCE_SUSPENDED",
            "该事项已被运维人员暂停，恢复后方可办理",
            "This case has been suspended by an operator; it goes on once it is activated again",
        ),
        ("IN_USE", "仍在使用，不能删除", "It is still used and cannot be deleted"),
        ("LAST_ADMIN", "至少须保留一个可用的系统管理员账户", "At least one system administrator must stay active"),
        ("LOGIN_FAILED", "用户名或密码错误", "Wrong account or password"),
        ("LOGIN_LOCKED", "密码错误次数过多，请 15 分钟后再试", "Too many wrong passwords; try again in 15 minutes"),
        (
            "MESSAGE_FITS_NOT_ONE",
            "没有唯一匹配消息 {message} 的接收者",
            "Not exactly one receiver fits the message {message}",
        ),
        ("MOBILE_INVALID", "手机号格式错误", "Invalid mobile number"),
        ("NAME_INVALID", "姓名格式错误", "Invalid name"),
        ("NEVER_REGISTERED", "未查询到注册记录，请发起初始注册", "No earlier registration: use initial registration"),
        ("NOTHING_SELECTED", "请至少选择一人", "Select at least one person"),
        ("NOTHING_TO_DEREGISTER", "没有可注销的专业", "Nothing to deregister"),
        ("NOT_FOUND", "没有找到该页面或事项", "Not found"),
        ("NOT_LONG_EXPIRED", "过期时间不足，不能强制注销", "Not expired long enough for forced deregistration"),
        ("NOT_RELEASING_BODY", "无权解除该标志", "Not entitled to release this flag"),
        ("NOT_VERIFIED", "请先完成实名认证", "Complete real-name verification first"),
        (
            "NO_APPLICATION",
            "该任务属于某项申请，流程不能单独办理",
            "This task belongs to an application; there is none",
        ),
        ("NO_CERTIFICATES", "企业名下没有需要变更的证书", "No certificates under this enterprise"),
        ("NO_DIFFERENCE", "变更前后信息一致", "Nothing has changed"),
        ("NO_NEW_SPECIALTY", "没有可增项的专业", "No specialty to add"),
        (
            "NO_QUALIFICATION",
            "未查询到执业资格证书信息，无法发起申请；如身份信息不一致请提交《合格人员信息修改申请表》",
            "No qualification certificate found; if identity data differ, file the correction form",
        ),
        (
            "NO_SUPERVISING_DISTRICT",
            "企业未选择监管区县，请在【企业信息】中选择后重新申报",
            "The enterprise has no supervising district",
        ),
        ("NO_VALID_REGISTRATION", "没有有效的注册专业", "No valid registration"),
        ("OLD_PASSWORD_WRONG", "原密码错误", "Wrong old password"),
        ("OPINION_REQUIRED", "存在社保标志，请填写审核意见", "Social-insurance flag stands: opinion required"),
        ("ORG_CODE_INVALID", "组织机构代码错误", "Invalid organisation code"),
        ("OWN_CASE", "不能审核本人申请", "You cannot decide your own case"),
        ("PART_OF_SERVICE", "属于本系统，不能删除", "It is part of the service and cannot be deleted"),
        ("PASSWORD_MISMATCH", "两次输入的密码不一致", "Passwords differ"),
        ("PASSWORD_WEAK", "密码强度不足", "Password too weak"),
        ("POSITION_WITHOUT_EXPIRY", "该证书无有效期，无需续期", "This certificate has no expiry"),
        ("POSTCODE_INVALID", "邮政编码错误", "Invalid postcode"),
        (
            "QUALIFICATION_NOT_CHANGED",
            "企业资质信息未变更或尚未同步，请先办理企业资质变更",
            "Enterprise qualification not changed or not synchronised",
        ),
        ("QUALIFICATION_NOT_SYNCED", "执业证书信息尚未同步，请等待", "Qualification not synchronised yet; please wait"),
        ("READ_ONLY_DATA", "数据由住建部系统同步，仅供查询", "Synchronised data, query only"),
        ("REASON_REQUIRED", "请选择或填写原因", "A reason is required"),
        ("REFUSED", "不能办理", "This cannot be done"),
        (
            "REGISTRATION_EXISTS",
            "已有注册记录，请发起重新注册或增项注册",
            "Already registered: use re-registration or addition",
        ),
        ("REGISTRATION_EXPIRED", "注册已过期", "The registration has expired"),
        ("RENEWAL_EXPIRED", "证书已过期，不能续期", "The certificate has expired and cannot be renewed"),
        (
            "RENEWAL_TOO_EARLY",
            "证书过期前三个月方可续期，{date}起开放",
            "Renewal opens three months before expiry, on {date}",
        ),
        ("ROLE_NOT_ALLOWED", "当前角色不能办理该业务", "Your role cannot do this business"),
        ("ROLE_NO_BUSINESS", "管理人员不办理业务", "Administrators do not handle business"),
        ("SAME_EMPLOYER", "现单位与原单位相同", "New and old employer are the same"),
        ("SAME_REVIEWER", "申诉须由其他人员审核", "Another reviewer must decide the appeal"),
        (
            "SPECIALTY_EXPIRED_DEREGISTER_FIRST",
            "存在已过期专业，请先办理专业注销",
            "An expired specialty must be deregistered first",
        ),
        ("SPECIALTY_NOT_PASSED", "未取得该专业考试合格证明", "No pass certificate for this specialty"),
        ("SPECIALTY_REQUIRED", "请选择专业", "Select a specialty"),
        ("STALE_FORM", "数据已被更新，请刷新后重试", "The data have changed; reload"),
        ("STARTS_IN_PORTAL", "该业务在网上服务中申报，不能由接口启动", "This business begins in the portal"),
        ("START_FAILED", "流程无法启动", "The process cannot start"),
        ("STATE_CONFLICT", "当前进度不能进行此操作", "Not possible at this stage"),
        ("TASK_ALREADY_DONE", "该事项已被处理", "This task has already been handled"),
        ("TASK_CLAIMED", "该事项由{holder}办理中", "{holder} is working on this task"),
        ("TOO_LONG", "{field}超过{max}字", "{field} is longer than {max}"),
        (
            "TRANSFER_WITHIN_ONE_YEAR",
            "距上次执业企业变更公告日不满一年，{date}起可申请",
            "Less than one year since the last announced transfer; possible from {date}",
        ),
        ("USCC_INVALID", "统一社会信用代码错误", "Invalid unified social credit code"),
        (
            "VALID_SPECIALTY_EXISTS",
            "尚存在有效专业，请发起增项注册",
            "A valid specialty exists: use specialty addition",
        ),
        ("WITHDRAW_BEFORE_DELETE", "已申报信息，只能撤销申报方可删除", "Withdraw before deleting"),
        ("WITHDRAW_NOT_ALLOWED", "当前进度不能撤销", "Cannot be withdrawn at this stage"),
    )
}


def message_of(code: str) -> Text:
    """The catalogue's text for a code.

    Raises:
        KeyError: the code is not in the catalogue; a test walks the code for that.
    """
    return CATALOGUE[code]
