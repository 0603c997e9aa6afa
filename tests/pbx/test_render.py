"""What the renderer writes, what it refuses to write, and what it refuses to overwrite."""

from pathlib import Path
from typing import Any

import pytest

from cti_server.pbx.render import RenderError, render
from cti_server.settings import Settings


def site(folder: Path, **more: Any) -> Settings:
    values: dict[str, Any] = {
        "pbx": {"secret": "abcdefgh12", "recordings_dir": folder / "rec", "sounds_dir": folder / "snd"},
        "queue": [{"id": "support", "extension": "2001"}, {"id": "vip", "music": "soft"}],
        "agent": [{"id": "ann", "phone": "PJSIP/agent1", "extension": "1001"}],
    }
    for section, change in more.items():
        values[section] = {**values.get(section, {}), **change} if isinstance(change, dict) else change
    return Settings.model_validate(values)


def text_of(folder: Path, name: str) -> str:
    return (folder / f"{name}_cti.conf").read_text(encoding="utf-8")


def test_the_dialplan_knows_the_site(tmp_path: Path) -> None:
    render(site(tmp_path), tmp_path / "out")
    dialplan = text_of(tmp_path / "out", "extensions")
    assert f"Set(CTI_FILE={tmp_path}/rec/${{STRFTIME(,,%Y/%m/%d)}}/${{UNIQUEID}})" in dialplan
    assert "exten => 1001,1," in dialplan
    assert "Dial(PJSIP/agent1,30," in dialplan
    assert "exten => *81001,1,PickupChan(PJSIP/agent1)" in dialplan
    assert "exten => 2001,1,Set(CTI_QUEUE=support)" in dialplan
    assert 'ExecIf($["${CTI_QUEUE}"="vip"]?Set(CTI_MOH=soft))' in dialplan
    assert "AGI(agi://127.0.0.1:4573/inbound)" in dialplan
    assert "\n[globals]" not in dialplan


def test_nobody_can_dial_out_until_a_trunk_is_named(tmp_path: Path) -> None:
    render(site(tmp_path), tmp_path / "shut")
    render(site(tmp_path, pbx={"out_trunk": "carrier"}), tmp_path / "open")
    assert "@carrier," not in text_of(tmp_path / "shut", "extensions")
    assert "Dial(PJSIP/${CTI_NUMBER}@carrier,60," in text_of(tmp_path / "open", "extensions")


def test_who_may_be_called_back_and_where_messages_go(tmp_path: Path) -> None:
    outside = {"out_trunk": "carrier", "callback_prefixes": ["1", "+86"]}
    queues = [{"id": "support", "extension": "2001", "callback": True}, {"id": "v.i.p", "extension": "2002"}]
    render(site(tmp_path, pbx=outside, queue=queues, site={"language": "zh"}), tmp_path / "out")
    dialplan = text_of(tmp_path / "out", "extensions")
    assert dialplan.count("?cti-choose,s,1)") == 1
    assert 'GotoIf($["${CTI_QUEUE}"="support"]?cti-choose,s,1)' in dialplan
    assert (
        'GotoIf($["${ARG1:0:1}"="1"]?yes)\n same => n,GotoIf($["${ARG1:0:3}"="+86"]?yes)\n same => n,Goto(no)'
        in dialplan
    )
    for extension, box in (("1001", "agent-ann"), ("2001", "support"), ("2002", "v-i-p")):
        assert f"exten => *6{extension},1,Set(CTI_BOX={box})" in dialplan
    assert "Set(CHANNEL(language)=zh)\n same => n,ExecIf" in dialplan


def test_without_a_record_to_read_later_nothing_is_promised_while_the_server_is_away(tmp_path: Path) -> None:
    look = "exten => promise,1,Set(CTI_STATE=promised)\n same => n,GotoIf($[${EPOCH}-0${CTI_HEARTBEAT}<=3]?:wait,1)"
    for cel_file, looked in ((None, True), ("/var/log/cti_cel.json", False)):
        render(site(tmp_path, pbx={"out_trunk": "carrier", "cel_file": cel_file}), tmp_path / "out")
        assert (look in text_of(tmp_path / "out", "extensions")) is looked


def test_the_ami_account_may_do_little_and_is_sent_little(tmp_path: Path) -> None:
    render(site(tmp_path, pbx={"permit": ["10.1.2.3"]}), tmp_path / "out")
    account = text_of(tmp_path / "out", "manager").splitlines()
    assert "write = call,agent,originate,reporting" in account
    assert "permit = 10.1.2.3/32" in account
    assert "deny = 0.0.0.0/0.0.0.0" in account
    assert "eventfilter(action(exclude),name(VarSet)) =" in account
    assert (tmp_path / "out" / "manager_cti.conf").stat().st_mode & 0o007 == 0


@pytest.mark.parametrize(
    ("section", "change", "named"),
    [
        ("pbx", {"secret": ""}, "pbx.secret is empty"),
        ("pbx", {"secret": "abc;defgh\npermit=0.0.0.0/0"}, "pbx.secret"),
        ("pbx", {"user": "cti]\n[root"}, "pbx.user"),
        ("pbx", {"recordings_dir": "/a,b)System(x"}, "pbx.recordings_dir"),
        ("pbx", {"recordings_dir": "/a/${SHELL(id)}"}, "pbx.recordings_dir"),
        ("pbx", {"permit": ["everyone"]}, "pbx.permit"),
        ("server", {"fastagi_host": "h)\nexten => s"}, "fastagi_host"),
        ("agent", [{"id": "a", "phone": "SIP/a", "extension": "1"}], "the phone of agent a"),
        ("agent", [{"id": "a", "phone": "PJSIP/a", "extension": "2001"}], "queue support has the extension 2001"),
    ],
)
def test_a_value_that_could_change_the_dialplan_is_refused_and_nothing_is_written(
    tmp_path: Path, section: str, change: Any, named: str
) -> None:
    with pytest.raises(RenderError, match=named) as caught:
        render(site(tmp_path, **{section: change}), tmp_path / "out")
    assert "defgh" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_our_own_files_are_replaced(tmp_path: Path) -> None:
    render(site(tmp_path), tmp_path)
    render(site(tmp_path, server={"fastagi_port": 4999}), tmp_path)
    assert "agi://127.0.0.1:4999/inbound" in text_of(tmp_path, "extensions")


@pytest.mark.parametrize("change", ["[mine]\n", None])
def test_a_file_of_somebody_else_or_changed_by_hand_stops_everything(tmp_path: Path, change: str | None) -> None:
    file = tmp_path / "queues_cti.conf"
    if change is None:
        render(site(tmp_path), tmp_path)
        change = file.read_text(encoding="utf-8") + "member => PJSIP/mine\n"
        (tmp_path / "extensions_cti.conf").unlink()
    file.write_text(change, encoding="utf-8")
    with pytest.raises(RenderError, match=r"queues_cti\.conf"):
        render(site(tmp_path), tmp_path)
    assert file.read_text(encoding="utf-8") == change
    assert not (tmp_path / "extensions_cti.conf").exists()


EAST = {"id": "east", "secret": "abcdefgh34", "address": "10.1.0.5:5060", "fastagi": "10.0.0.9:4573"}


def with_branch(folder: Path, **branch: Any) -> Settings:
    here = {"address": "10.0.0.5:5060", "out_trunk": "carrier"}
    return site(folder, pbx=here, branch=[{**EAST, "recordings_dir": folder / "east", **branch}])


def test_each_site_knows_the_others_and_gets_its_own_values(tmp_path: Path) -> None:
    settings = with_branch(tmp_path)
    render(settings, tmp_path / "main")
    render(settings, tmp_path / "east", "east")
    main, east = (text_of(tmp_path / where, "extensions") for where in ("main", "east"))
    assert "AGI(agi://127.0.0.1:4573/inbound?site=main)" in main
    assert "AGI(agi://10.0.0.9:4573/inbound?site=east)" in east
    assert f"Set(CTI_FILE={tmp_path}/east/" in east and f"{tmp_path}/rec/" not in east
    assert "Dial(PJSIP/${EXTEN}@cti-site-east,30," in main
    assert "Dial(PJSIP/${EXTEN}@cti-site-main,30," in east
    assert "[cti-site-east](cti-site)\naors = cti-site-east" in text_of(tmp_path / "main", "pjsip")
    assert "match = 10.0.0.5:5060" in text_of(tmp_path / "east", "pjsip")
    assert "secret = abcdefgh34" in text_of(tmp_path / "east", "manager")


def test_a_branch_without_a_trunk_calls_out_at_the_main_site(tmp_path: Path) -> None:
    for name, trunk, by in (("own", "local", "local"), ("none", "", "cti-site-main")):
        render(with_branch(tmp_path, out_trunk=trunk), tmp_path / name, "east")
        assert f"Dial(PJSIP/${{CTI_NUMBER}}@{by},60," in text_of(tmp_path / name, "extensions")
    assert "Gosub(cti-across,s,1(${ARG1},out))" in text_of(tmp_path / "none", "extensions")
    assert "Gosub(cti-across,s,1(${ARG1},out))" not in text_of(tmp_path / "own", "extensions")


def test_one_site_alone_has_nothing_of_branches_and_an_unknown_one_is_refused(tmp_path: Path) -> None:
    render(site(tmp_path), tmp_path / "out")
    assert "cti-branch" not in text_of(tmp_path / "out", "extensions") + text_of(tmp_path / "out", "pjsip")
    with pytest.raises(RenderError, match="there is no site 'west'; there are main, east"):
        render(with_branch(tmp_path), tmp_path / "west", "west")
