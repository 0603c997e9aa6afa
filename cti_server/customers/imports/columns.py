"""Which column of a file is which field of a customer, guessed from Chinese and English headings. Pure."""

import re
import unicodedata
from collections.abc import Sequence

from cti_server.customers.numbers import Plan
from cti_server.customers.numbers import read as read_number

HEADINGS: dict[str, str] = {
    "name": "姓名 名字 名称 客户 客户名 客户名称 客户姓名 联系人 联系人姓名 称呼 name fullname customer customername "
    "contact contactname contactperson person",
    "kind": "类型 客户类型 客户类别 kind type customertype",
    "title": "职务 职位 头衔 title jobtitle position",
    "gender": "性别 gender sex salutation",
    "birthday": "生日 出生日期 出生年月 birthday birthdate dateofbirth dob",
    "organisation": "公司 公司名称 单位 单位名称 企业 企业名称 机构 组织 工作单位 company companyname organisation "
    "organization employer account_name firm",
    "language": "语言 语种 language lang",
    "phone": "电话 电话号码 联系电话 联系方式 号码 电话1 电话2 主叫 来电号码 phone phonenumber telephone tel number "
    "telno phone1 phone2 contactnumber",
    "mobile": "手机 手机号 手机号码 移动电话 手机1 手机2 mobile mobilephone mobilenumber cell cellphone",
    "work_phone": "办公电话 公司电话 单位电话 座机 固话 固定电话 workphone officephone businessphone office landline",
    "home_phone": "家庭电话 住宅电话 宅电 homephone home",
    "fax": "传真 传真号码 fax faxnumber",
    "email": "邮箱 邮件 电子邮箱 电子邮件 邮箱地址 email emailaddress mail",
    "country": "国家 国家地区 country countrycode",
    "region": "省 省份 州 自治区 地区 region province state county",
    "city": "市 城市 city town",
    "street": "地址 联系地址 详细地址 街道 住址 收货地址 通讯地址 address street streetaddress addressline1",
    "postcode": "邮编 邮政编码 postcode postalcode zip zipcode",
    "owner": "负责人 所有者 归属人 客户经理 坐席 业务员 跟进人 owner accountmanager agent salesperson",
    "do_not_call": "勿扰 免打扰 请勿致电 拒绝来电 禁止外呼 donotcall dnc nocalls",
    "blocked": "黑名单 已拉黑 blocked blacklist blacklisted",
    "account": "账号 帐号 客户编号 客户号 会员号 会员编号 会员卡号 编号 account accountnumber accountno customerid "
    "customernumber customerno membernumber memberid",
    "since": "注册日期 注册时间 开户日期 建档日期 加入日期 创建日期 since customersince registered joined created",
    "terms": "付款条件 结算方式 账期 付款方式 terms paymentterms",
    "tags": "标签 标记 分组 tags tag labels group groups",
    "notes": "备注 说明 附注 描述 留言 notes note remark remarks comment comments description",
}
FIELDS = tuple(HEADINGS)
PHONES = {"phone": "", "mobile": "mobile", "work_phone": "work", "home_phone": "home", "fax": "fax"}
"""The fields that are numbers, and the kind that they say; empty: as its plan says."""
MANY = frozenset({*PHONES, "email", "tags", "notes"})
"""What several columns may fill."""
EXTRA = "extra."
"""Before the key of a field that the site has added."""

_KNOWN = {heading: field for field, said in HEADINGS.items() for heading in said.split()}
_IN_BRACKETS = re.compile(r"[(\[（【].*?[)\]）】]")
_BETWEEN = re.compile(r"[\W_]+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def guess(headings: Sequence[str], extra: dict[str, str] | None = None) -> list[str]:
    """A field for each column, empty where the heading says nothing. `extra`: label of a site's own field → its key."""
    own = {_bare(label): EXTRA + key for label, key in (extra or {}).items()}
    found: list[str] = []
    for heading in headings:
        field = own.get(_bare(heading)) or _KNOWN.get(_bare(heading), "")
        found.append("" if field in found and field not in MANY else field)
    return found


def has_headings(rows: Sequence[Sequence[str]], plan: Plan) -> bool:
    """Whether the first row names the columns: one of them is known, or none of its cells is a number or an address."""
    first = [cell for cell in rows[0] if cell]
    if any(_bare(cell) in _KNOWN for cell in first):
        return True
    return not any(_EMAIL.fullmatch(cell) or read_number(cell, plan).known for cell in first)


def problems(mapping: Sequence[str], extra: Sequence[str] = ()) -> list[str]:
    """Words of `import_mapping` for what is wrong with what a person chose; empty when it can be used."""
    chosen = [field for field in mapping if field]
    allowed = {*FIELDS, *(EXTRA + key for key in extra)}
    found = []
    if any(field not in allowed for field in chosen):
        found.append("unknown")
    if any(chosen.count(field) > 1 for field in chosen if field not in MANY):
        found.append("twice")
    if not {"name", "organisation", "phone", "mobile", "work_phone", "home_phone"} & set(chosen):
        found.append("nobody")
    return found


def _bare(heading: str) -> str:
    plain = _IN_BRACKETS.sub("", unicodedata.normalize("NFKC", heading).lower())
    return _BETWEEN.sub("", plain)
