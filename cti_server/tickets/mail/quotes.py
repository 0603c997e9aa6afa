"""What somebody wrote, without the letters below it that they answered. Pure. The whole letter is kept elsewhere."""

import re

CUT = "##- "
"""How the line begins that our letters ask people to write above."""

_HEADS = (
    re.compile(
        r"^\s*-{2,}\s*(original message|forwarded message|原始邮件|原始郵件|原邮件|转发邮件|回复的原邮件)\b", re.I
    ),
    re.compile(r"^\s*_{20,}\s*$"),
    re.compile(r"^\s*on\b.{5,200}\b(wrote|schrieb|escribió|a écrit)\s*:\s*$", re.I),
    re.compile(r"^\s*(在|于)?\s*.{4,200}(写道|寫道)\s*[:：]\s*$"),
    re.compile(r"^\s*>?\s*" + re.escape(CUT)),
)
_FIELDS = re.compile(
    r"^\s*[>*]*\s*(from|sent|to|cc|date|subject|发件人|发送时间|收件人|抄送|主题|日期|时间)\s*\**\s*[:：]", re.I
)
_SIGNATURE = re.compile(r"^-- $")
_MOST_LINES = 5000


def trimmed(text: str) -> str:
    """The part that is new; all of it when nothing else would be left."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    end = len(lines)
    for number, line in enumerate(lines[:_MOST_LINES]):
        if any(head.match(line) for head in _HEADS) or _is_wrapped_head(lines, number) or _is_block(lines, number):
            end = number
            break
    kept = _without_quotes_below(lines[:end])
    for number, line in enumerate(kept):
        if _SIGNATURE.match(line):
            kept = kept[:number]
            break
    new = "\n".join(kept).strip()
    return new or text.strip()


def _is_wrapped_head(lines: list[str], number: int) -> bool:
    """`On ... <someone@example.org>` on one line and `wrote:` on the next."""
    if number + 1 >= len(lines) or len(lines[number]) > 200:
        return False
    return bool(_HEADS[2].match(f"{lines[number].rstrip()} {lines[number + 1].strip()}"))


def _is_block(lines: list[str], number: int) -> bool:
    """Three lines in a row that are the head of another letter."""
    found = lines[number : number + 4]
    return bool(_FIELDS.match(lines[number])) and sum(bool(_FIELDS.match(line)) for line in found) >= 3


def _without_quotes_below(lines: list[str]) -> list[str]:
    """Quoted lines at the end go; those between answers stay, for the answers would mean nothing without them."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith(">")):
        end -= 1
    return lines[:end]
