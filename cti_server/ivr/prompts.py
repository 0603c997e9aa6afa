"""The prompts that ship with the project: id -> what it says in English and in Mandarin.

An empty text means that the language does not need the prompt. A site replaces a prompt by putting its own recording of
the same name where `install.py` installs them.
"""

import re
from typing import NamedTuple

NAME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,63}(/[a-z0-9][a-z0-9_-]{0,63}){0,3}$")


class Text(NamedTuple):
    en: str
    zh: str


_SENTENCES = {
    "welcome": Text("Welcome, and thank you for calling.", "您好，欢迎致电。"),
    "language-choice": Text("For English, press one.", "中文服务请按二。"),
    "main-menu": Text(
        "For sales, press one. For customer service, press two. To enter your account number, press three. "
        "To hear this again, press nine. To speak to an operator, press zero.",
        "销售咨询请按一，客户服务请按二，输入账号请按三，再听一遍请按九，人工服务请按零。",
    ),
    "enter-account": Text(
        "Please enter your account number, followed by the pound key.",
        "请输入您的账号，按井号键结束。",
    ),
    "you-entered": Text("You entered", "您输入的是"),
    "thank-you": Text("Thank you.", "谢谢。"),
    "connecting": Text("Please hold while we connect you.", "正在为您转接，请稍候。"),
    "invalid": Text("That is not one of the choices.", "输入有误。"),
    "no-input": Text("We did not hear your choice.", "没有收到您的输入。"),
    "too-short": Text("That number is too short.", "您输入的号码太短。"),
    "closed": Text("Thank you for calling. Our office is closed at the moment.", "您好，现在是非工作时间。"),
    "open-hours": Text("Our opening hours are:", "我们的工作时间是："),
    "leave-message": Text(
        "To leave a message, press one. To end this call, press two or hang up.",
        "留言请按一，结束通话请按二或直接挂机。",
    ),
    "record-message": Text(
        "Please leave your message after the tone. Press the pound key when you have finished.",
        "请在提示音后留言，结束请按井号键。",
    ),
    "all-busy": Text(
        "All of our agents are busy. Please stay on the line; calls are answered in the order they came.",
        "坐席全忙，请耐心等待，我们将按顺序接听。",
    ),
    "accept-call": Text("Incoming call. To accept it, press one.", "有来电，接听请按一。"),
    "goodbye": Text("Goodbye.", "再见。"),
}

_NUMBERS_EN = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
).split()
_TENS_EN = "thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS_EN = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth"
).split()
_MONTHS_EN = "January February March April May June July August September October November December".split()
_WEEKDAYS_EN = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_ORDINALS_EN += [f"twenty-{each}" for each in _ORDINALS_EN[:9]] + ["thirtieth", "thirty-first"]

_NUMBERS = {
    **{f"num-{n}": Text(en, zh) for n, (en, zh) in enumerate(zip(_NUMBERS_EN, "零一二三四五六七八九十", strict=False))},
    **{f"num-{n}": Text(_NUMBERS_EN[n], "") for n in range(11, 21)},
    **{f"num-{30 + 10 * n}": Text(en, "") for n, en in enumerate(_TENS_EN)},
    "num-oh": Text("oh", ""),
    "num-hundred": Text("hundred", "百"),
    "num-thousand": Text("thousand", "千"),
    "num-million": Text("million", ""),
    "num-billion": Text("billion", ""),
    "num-wan": Text("", "万"),
    "num-yi": Text("", "亿"),
    "num-liang": Text("", "两"),
    "num-minus": Text("minus", "负"),
}

_DATES = {
    **{
        f"month-{n}": Text(en, f"{zh}月")
        for n, (en, zh) in enumerate(zip(_MONTHS_EN, "一 二 三 四 五 六 七 八 九 十 十一 十二".split(), strict=True), 1)
    },
    **{
        f"weekday-{n}": Text(en, f"星期{zh}")
        for n, (en, zh) in enumerate(zip(_WEEKDAYS_EN, "一二三四五六日", strict=True), 1)
    },
    **{f"ord-{n}": Text(en, "") for n, en in enumerate(_ORDINALS_EN, 1)},
    "year": Text("", "年"),
    "day": Text("", "日"),
    "every-day": Text("every day", "每天"),
    "all-day": Text("twenty-four hours a day", "全天二十四小时"),
    "from": Text("from", ""),
    "to": Text("to", "到"),
    "am": Text("A M", ""),
    "pm": Text("P M", ""),
    "noon": Text("noon", "中午"),
    "midnight": Text("midnight", ""),
    "before-dawn": Text("", "凌晨"),
    "morning": Text("", "上午"),
    "afternoon": Text("", "下午"),
    "evening": Text("", "晚上"),
    "o-clock": Text("", "点"),
    "minute": Text("", "分"),
}

PROMPTS: dict[str, Text] = {**_SENTENCES, **_NUMBERS, **_DATES}
BEEP = "beep"
"""A tone, made like the prompts, for both languages."""


def shipped(language: str) -> list[str]:
    """The ids of the prompts that ship in `language`."""
    return [*(name for name, text in PROMPTS.items() if getattr(text, language)), BEEP]
