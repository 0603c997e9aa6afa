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
    "accept-call": Text("Call center. To take this call, press one.", "客服来电，接听请按一。"),
    "goodbye": Text("Goodbye.", "再见。"),
    "called-back": Text(
        "This is the call back that you asked for. Please stay on the line.",
        "您好，这是您预约的回电，请不要挂机，正在为您接通坐席。",
    ),
    "message-kept": Text("Thank you. Your message has been kept. Goodbye.", "谢谢，您的留言已保存，再见。"),
}

_LINE = {
    "position-next": Text("You are next in line.", "您是下一位。"),
    "position": Text("You are number", "您当前排在第"),
    "position-end": Text("in line.", "位。"),
    "wait-short": Text("You will be served in less than a minute.", "预计等待不到一分钟。"),
    "wait-about": Text("The estimated waiting time is about", "预计等待时间约"),
    "wait-minute": Text("minute.", ""),
    "wait-minutes": Text("minutes.", "分钟。"),
    "callback-offer": Text(
        "To keep your place in line and be called back, press one.",
        "按一可保留您的排队位置，由我们给您回电。",
    ),
    "callback-choice": Text(
        "To be called back at the number you are calling from, press one. To be called back at another number, "
        "press two. To keep waiting, press star.",
        "回拨您的来电号码请按一，回拨其他号码请按二，继续等待请按星号键。",
    ),
    "callback-number": Text(
        "Please enter the number at which we can reach you, followed by the pound key. To keep waiting, press star.",
        "请输入您的回电号码，按井号键结束，继续等待请按星号键。",
    ),
    "callback-confirm": Text(
        "If this is right, press one. To enter it again, press two. To keep waiting, press star.",
        "确认请按一，重新输入请按二，继续等待请按星号键。",
    ),
    "callback-wrong": Text("We cannot call this number.", "我们无法拨打这个号码。"),
    "callback-promised": Text(
        "Thank you. You keep your place in line, and we will call you back. Goodbye.",
        "谢谢，您的排队位置已保留，我们会给您回电，再见。",
    ),
    "still-waiting": Text("You keep your place in line. Please stay on the line.", "您的排队位置不变，请继续等待。"),
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

PROMPTS: dict[str, Text] = {**_SENTENCES, **_LINE, **_NUMBERS, **_DATES}
BEEP = "beep"
"""A tone, made like the prompts, for both languages."""


def shipped(language: str) -> list[str]:
    """The ids of the prompts that ship in `language`."""
    return [*(name for name, text in PROMPTS.items() if getattr(text, language)), BEEP]
