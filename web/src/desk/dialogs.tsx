import { devices, choice, choose, lookAtDevices, microphone, type Use } from "../phone/devices";
import { testTone } from "../phone/tones";
import { useEffect, useState } from "preact/hooks";

import { t } from "../lib/words";
import { intend, key } from "./acts";
import { Day } from "./day";
import { Directory } from "./directory";
import { dialog, KEYS } from "./keys";
import { Modal } from "./modal";
import { isBrowserPhone } from "./page";
import { phone } from "./phone";
import { active, desk } from "./store";
import type { Device } from "./types";

export function Dialogs() {
  switch (dialog.value) {
    case "transfer":
      return <Directory key="transfer" purpose="transfer" />;
    case "call":
      return <Directory key="call" purpose="call" />;
    case "keypad":
      return <Keypad />;
    case "sound":
      return <SoundDialog />;
    case "keys":
      return <Keys />;
    case "day":
      return <Modal title={t("desk.my_day")} wide><Day /></Modal>;
    default:
      return null;
  }
}

function Keypad() {
  const card = active.value;
  const [typed, setTyped] = useState("");
  if (!card) return null;
  const press = (digit: string) => {
    setTyped((before) => (before + digit).slice(-24));
    key(card, digit);
  };
  return (
    <Modal title={t("desk.keypad")}>
      <output class="typed num">{typed || " "}</output>
      <div class="keypad" onKeyDown={(event) => /^[0-9*#]$/.test(event.key) && press(event.key)}>
        {"123456789*0#".split("").map((digit) => <button key={digit} type="button" data-key={digit} onClick={() => press(digit)}>{digit}</button>)}
      </div>
    </Modal>
  );
}

function SoundDialog() {
  const phones = desk.value?.devices ?? [];
  useEffect(() => void lookAtDevices(), []);
  const allow = async () => {
    (await microphone()).getTracks().forEach((track) => track.stop());
    await lookAtDevices();
  };
  const name = (device: Device) => (isBrowserPhone(device) ? t("desk.browser_phone") : device.number ? `${t("desk.mobile")} ${device.number}` : device.id);
  return (
    <Modal title={t("desk.phone_and_sound")}>
      <fieldset class="stack"><legend class="quiet">{t("desk.phone")}</legend>
        {phones.map((device) => (
          <label key={device.id} class="radio"><input type="radio" name="phone" checked={device.chosen} onChange={() => void intend("device", { phone: device.id })} />
            <span>{name(device)}</span>{device.reachable ? null : <span class="mark">{t("desk.not_reachable")}</span>}</label>
        ))}
      </fieldset>
      {phones.some(isBrowserPhone) ? (
        <>
          {devices.value.every((device) => !device.label) ? <button type="button" onClick={() => void allow()}>{t("desk.allow_microphone")}</button> : null}
          <Picker use="microphone" kind="audioinput" />
          <Picker use="speaker" kind="audiooutput" />
          <Picker use="ringer" kind="audiooutput" />
          <label>{t("desk.voice")}<meter class="voice" min={0} max={1} value={phone.level.value} /></label>
        </>
      ) : null}
      {"Notification" in window && Notification.permission === "default" ? <button type="button" onClick={() => void Notification.requestPermission()}>{t("desk.allow_notifications")}</button> : null}
    </Modal>
  );
}

function Picker({ use, kind }: { use: Use; kind: MediaDeviceKind }) {
  const found = devices.value.filter((device) => device.kind === kind && device.deviceId);
  return (
    <div class="picker" data-picker={use}>
      <label>{t(`desk.device.${use}`)}
        <select value={choice.value[use] ?? ""} onChange={(event) => { choose(use, event.currentTarget.value); void phone.devicesChanged(); }}>
          <option value="">{t("desk.device.default")}</option>
          {found.map((device) => <option key={device.deviceId} value={device.deviceId}>{device.label || device.deviceId.slice(0, 8)}</option>)}
        </select></label>
      {use === "microphone" ? null : <button type="button" class="small" onClick={() => testTone(use)}>{t("desk.test_tone")}</button>}
    </div>
  );
}

function Keys() {
  return (
    <Modal title={t("desk.keys")}>
      <dl class="keys">{KEYS.map((each) => <div key={each.code}><dt><kbd>{each.label}</kbd></dt><dd>{t(each.text)}</dd></div>)}
        <div><dt><kbd>?</kbd></dt><dd>{t("desk.keys")}</dd></div></dl>
    </Modal>
  );
}
