"""One number, whatever way it arrives."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat

from cti_server.customers.numbers import MOST, Plan, arrivals, is_mobile, read, shown

BEIJING = Plan("CN", "010")
COUNTRIES = ("CN", "US", "GB", "DE", "IT", "JP", "HK", "SG", "AU", "BR", "IN", "RU", "FR")


@pytest.mark.parametrize(
    "written",
    [
        "+8613800138000",
        "+86 138 0013 8000",
        "0086 138-0013-8000",
        "008613800138000",
        "8613800138000",
        "138 0013 8000",
        "013800138000",
        "(138) 0013.8000",
        "１３８００１３８０００",
        "\u202a138 0013 8000\u202c",
        "tel:+86-138-0013-8000",
        "sip:13800138000@10.0.0.1:5060",
    ],
)
def test_a_mobile_is_one_number(written: str) -> None:
    number = read(written, BEIJING)
    assert (number.number, number.extension, number.known) == ("+8613800138000", "", True)
    assert number.raw == written


@pytest.mark.parametrize(
    ("written", "extension"),
    [
        ("010-1234 5678 转 12", "12"),
        ("010-1234 5678 轉12", "12"),
        ("010-12345678转分机12", "12"),
        ("（010）12345678 分机：12", "12"),
        ("010-12345678-801", "801"),
        ("010-1234 5678 ext 12", "12"),
        ("+86 10 12345678 Ext. 12", "12"),
        ("1234 5678 x12", "12"),
        ("12345678#12", "12"),
        ("tel:+861012345678;ext=12", "12"),
        ("0086 10 1234 5678", ""),
        ("1234-5678", ""),
        ("86-10-1234-5678", ""),
    ],
)
def test_a_fixed_line_with_area_code_and_extension(written: str, extension: str) -> None:
    number = read(written, BEIJING)
    assert (number.number, number.extension, number.known) == ("+861012345678", extension, True)


@pytest.mark.parametrize("written", ["8001", "114", "10086", "95588", "7", "96-110"])
def test_a_short_number_stays_as_it_is(written: str) -> None:
    assert read(written, BEIJING).number == written.replace("-", "")
    assert not read(written, BEIJING).known


def test_the_site_decides_what_a_number_without_country_or_area_is() -> None:
    assert read("20 7946 0018", Plan("GB")).number == "+442079460018"
    assert read("7946 0018", Plan("GB", "020")).number == "+442079460018"
    assert read("12345678", Plan("CN", "021")).number == "+862112345678"
    assert read("12345678", Plan("CN", "21")).number == "+862112345678"
    assert read("12345678", Plan("CN")).number == "12345678", "nobody knows which city"
    assert read("011 86 138 0013 8000", Plan("US")).number == "+8613800138000"
    assert read("0086 138 0013 8000", Plan("US")).number == "+8613800138000", "00 is understood everywhere"
    assert read("138 0013 8000", Plan("XX")).number == "13800138000", "a country without a plan"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("", ""),
        ("  ", ""),
        ("anonymous", "anonymous"),
        ("+", "+"),
        ("+999 123", "+999123"),
        ("1234-5678-9012-3456-7890", "12345678901234567890"),
        ("转12", "转12"),
        ("<b>1</b>", "<b>1</b>"),
        ("1 x5 x6", "1 x5 x6"),
    ],
)
def test_what_no_plan_knows_is_kept(written: str, kept: str) -> None:
    number = read(written, BEIJING)
    assert (number.number, number.extension, number.known) == (kept, "", False)


@given(st.one_of(st.text(max_size=100), st.text(alphabet="0123456789+-() .x转#extＥ０１\u202a\0", max_size=80)))
def test_nothing_raises_and_what_came_out_comes_out_again(written: str) -> None:
    number = read(written, BEIJING)
    assert number.raw == written[:MOST]
    assert read(number.number, BEIJING).number == number.number
    assert not number.known or number.number.startswith("+")
    assert shown(number.number, BEIJING) is not None


@st.composite
def valid_numbers(draw: st.DrawFn) -> tuple[str, phonenumbers.PhoneNumber]:
    country = draw(st.sampled_from(COUNTRIES))
    example = phonenumbers.example_number_for_type(
        country, draw(st.sampled_from([phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE]))
    )
    digits = list(str(example.national_number))
    for place in range(len(digits) - 4, len(digits)):
        digits[place] = draw(st.sampled_from("0123456789"))
    example.national_number = int("".join(digits))
    return country, example


@given(valid_numbers(), st.sampled_from(["", "12", "8001"]), st.sampled_from(["", " ", "-"]))
def test_each_way_to_write_a_valid_number_is_the_same_number(
    made: tuple[str, phonenumbers.PhoneNumber], extension: str, between: str
) -> None:
    country, number = made
    if not phonenumbers.is_valid_number(number) or phonenumbers.region_code_for_number(number) != country:
        return
    plan = Plan(country)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    ways = [phonenumbers.format_number(number, form) for form in (0, 1, 2, 3)] + ["00" + e164[1:], between.join(e164)]
    for way in ways:
        found = read(f"{way} ext {extension}" if extension else way, plan)
        assert (found.number, found.extension, found.known) == (e164, extension, True), way
    assert read(shown(e164, plan), plan).number == e164
    assert read(shown(e164, BEIJING), BEIJING).number == e164


def test_mobiles_and_what_people_see() -> None:
    assert is_mobile("+8613800138000") and not is_mobile("+861012345678")
    assert not is_mobile("8001") and not is_mobile("+999")
    assert shown("+8613800138000", BEIJING) == "138 0013 8000"
    assert shown("+861012345678", BEIJING) == "010 1234 5678"
    assert shown("+442079460018", BEIJING) == "+44 20 7946 0018"
    assert shown("8001", BEIJING) == "8001"
    assert shown("+999123", BEIJING) == "+999123"


def test_how_calls_from_a_number_arrive() -> None:
    assert arrivals("+8613800138000", BEIJING) == {
        "P8613800138000",
        "8613800138000",
        "008613800138000",
        "13800138000",
        "013800138000",
    }
    assert {"88880000", "01088880000", "P861088880000"} <= arrivals("+861088880000", BEIJING)
    assert "13800138000" not in arrivals("+13800138000", BEIJING), "here that is a mobile of our own country"
    assert arrivals("8001", BEIJING) == {"8001"} and arrivals("anonymous", BEIJING) == set()


@given(valid_numbers())
def test_what_arrives_is_the_number(made: tuple[str, phonenumbers.PhoneNumber]) -> None:
    e164 = phonenumbers.format_number(made[1], PhoneNumberFormat.E164)
    for plan in (Plan(made[0]), BEIJING):
        for form in arrivals(e164, plan):
            assert read(form.replace("P", "+"), plan).number == e164
