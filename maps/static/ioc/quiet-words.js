// A silence or a maintenance window in words: what it covers, when, and how it stands.

import { fullDate, has, hourMinute, moment, ms, t } from "./text.js";

const ALL_DAYS = 7;

// Nobody ends it, and it comes no more.
export const isOver = (quiet) => quiet.ended_at !== null || (!quiet.active && !quiet.next_from && ms(quiet.last_at ?? quiet.ends_at ?? quiet.starts_at) < Date.now());

export const ruleName = (rule) => (has(`rule.${rule}`) ? t(`rule.${rule}`) : rule.replaceAll("-", " "));

// `told`: names of areas and devices; a list given in several parts is met by what fits them all.
export function scopeText({ areas, families, devices, rules }, told) {
  return [areas.map(told.area), families.map((family) => t(`family.${family}`)), rules.map(ruleName), devices.map(told.device)]
    .filter((names) => names.length).map((names) => names.join(", ")).join(" · ");
}

export function whenText(quiet) {
  const from = ms(quiet.starts_at);
  const to = quiet.ends_at ? ms(quiet.ends_at) : from + quiet.minutes * 60_000;
  if (!quiet.days.length) return `${moment(from)} – ${moment(to)}`;
  const days = quiet.days.length === ALL_DAYS ? t("quiets.every_day") : quiet.days.map((day) => t(`quiets.day_${day}`)).join(", ");
  const hours = `${days} ${hourMinute(from)}–${hourMinute(to)}`;
  return quiet.last_at ? t("quiets.until", { hours, date: fullDate(ms(quiet.last_at)) }) : hours;
}

export function stateText(quiet) {
  if (quiet.ended_at) return t("quiets.ended_by", { name: quiet.ended_by ?? "–", time: moment(ms(quiet.ended_at)) });
  if (quiet.active) return t("quiets.now", { time: moment(ms(quiet.next_to)) });
  return isOver(quiet) ? t("quiets.over") : t("quiets.to_come", { time: moment(ms(quiet.next_from ?? quiet.starts_at)) });
}
