"""The policy notices of the sample data (F-NOTICES): what the registration centre would tell everybody."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SampleNotice:
    title: str
    title_en: str
    body: str
    body_en: str
    published: bool = True


NOTICES = (
    SampleNotice(
        "关于二级建造师注册数据比对的说明",
        "How registration data are compared",
        "二级建造师申请申报当日显示全部异常标志，次日与社会保险、在施项目和异常注册名单比对，没有问题的自动消除。\n\n"
        "社会保险只比对申报日之前三个月；当月数据尚未形成，不参加比对。\n\n"
        "在施锁定由项目所在区县建委或市交易中心解除；异常注册有异议的，请联系注册中心。",
        "An application shows all flags on the day it is declared. The next day it is compared with social insurance, "
        "projects under construction and the list of abnormal registrations; flags without a problem go away.\n\n"
        "Social insurance is compared for the three months before the declaration. The current month is not available "
        "yet.\n\nAn in-construction lock is released by the district commission of the project or the city trading "
        "centre. Turn to the registration centre about an abnormal registration.",
    ),
    SampleNotice(
        "关于修改执业资格合格人员信息的通知（2020版表格）",
        "Correcting the data of people who passed (2020 form)",
        "执业资格证书上的姓名、证件号码与本人现在的不一致，系统查不到资格信息的，请填写《合格人员信息修改申请表》"
        "（2020版），连同证明材料在系统中提交。\n\n"
        "空白表下载：/documents/qualification_correction.docx\n\n"
        "注册中心核实后修改资格信息，之后可以申请初始注册或重新注册。",
        "Where name or ID number on the qualification certificate differ from yours and the service does not find "
        "your qualification, send the correction form (2020 edition) here with its proof.\n\n"
        "The empty form: /documents/qualification_correction.docx\n\n"
        "Once the registration centre has corrected the data, initial registration or re-registration is open to you.",
    ),
    SampleNotice(
        "关于企业选择监管区县的提示",
        "Choose your supervising district",
        "企业没有在【企业信息】中选择监管区县的，个人不能申请在本单位注册。\n\n"
        "监管区县在申请建立时确定。以后改选的，已经建立的申请仍在原区县办理；要换区县，请删除后重新申请。",
        "Nobody can apply for registration with an enterprise that has not chosen its supervising district.\n\n"
        "The district is fixed when an application is made. A later choice holds for new applications only; to change "
        "the district, delete the application and make it anew.",
    ),
    SampleNotice(
        "关于2026年下半年注册工作安排的通知",
        "",
        "（征求意见稿）注册窗口每周一至周五开放，节假日顺延。",
        "",
        published=False,
    ),
)
