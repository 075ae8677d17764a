-- SPDX-License-Identifier: Apache-2.0
-- Histories of the 90/180 rule; the arithmetic has its own vectors, here its use is tested. Reference date 2026-06-30.
local function day(y, m, d)
  return { year = y, month = m, day = d }
end
local function stay(y1, m1, d1, y2, m2, d2)
  return { entry_date = day(y1, m1, d1), exit_date = y2 and day(y2, m2, d2) or nil }
end
local function third(stays, more)
  local facts = { document = { nationality = "JPN", issuer = "JPN" }, history_result = "successful", stays = stays }
  if more and more.reference_date then facts.reference_date = more.reference_date end
  if more and more.direction then facts.direction = more.direction end
  if more and more.history_result then facts.history_result = more.history_result end
  return facts
end
local function on(one)
  one.permitted = true
  return one
end
local function agreed(stays)
  return { document = { nationality = "XOM", issuer = "XOM" }, history_result = "successful", stays = stays }
end
local function on_permit(nationality, kind, stays, last, days)
  return { document = { nationality = nationality, issuer = nationality }, history_result = "successful", stays = stays,
    permits_result = "successful",
    permits = { { kind = kind, valid_from = day(2026, 1, 1), valid_until = last or day(2026, 12, 31), stay_days = days or 0 } } }
end
local over = { "refer", "eligibility.stay_exceeded", "overstay", 90 }
local unknown = { "refer", "eligibility.history_unknown", "ineligible" }
local full_today = { stay(2026, 4, 1, 2026, 6, 29) } -- 90 days, the last of them yesterday
local full = { stay(2026, 1, 1, 2026, 3, 31) } -- 90 days
return {
  { name = "own citizen needs no history", facts = {}, expect = "clear" },
  { name = "free movement needs none", facts = { document = { nationality = "D" } }, expect = "clear" },
  { name = "no visa: another rule's", facts = { document = { nationality = "AFG" } }, expect = "clear" },
  { name = "a visa, and the days are used", facts = on_permit("RKS", "short_stay_visa", full_today), expect = over },
  { name = "a residence permit, and the days are used", facts = on_permit("RKS", "residence", full_today), expect = "clear" },
  { name = "a residence permit of a visa-free national", facts = on_permit("JPN", "residence", full_today), expect = "clear" },
  { name = "a residence permit that has expired", facts = on_permit("JPN", "residence", full_today, day(2026, 6, 29)), expect = over },
  { name = "a visa for 15 days, 14 used", facts = on_permit("RKS", "short_stay_visa", { stay(2026, 6, 1, 2026, 6, 14) }, nil, 15),
    expect = "clear" },
  { name = "a visa for 15 days, 15 used", facts = on_permit("RKS", "short_stay_visa", { stay(2026, 6, 1, 2026, 6, 15) }, nil, 15),
    expect = { "refer", "eligibility.stay_exceeded", "overstay", 15 } },
  { name = "days on a permit do not count", facts = third({ on(stay(2026, 1, 2, 2026, 6, 29)) }), expect = "clear" },
  { name = "nor is a stay on one open", facts = third({ on(stay(2026, 1, 2)) }), expect = "clear" },
  { name = "bilateral agreement, 119 days used", facts = agreed({ stay(2026, 3, 3, 2026, 6, 29) }), expect = "clear" },
  { name = "bilateral agreement, 120 days used", facts = agreed({ stay(2026, 3, 2, 2026, 6, 29) }),
    expect = { "refer", "eligibility.stay_exceeded", "overstay", 120 } },
  { name = "first journey", facts = third({}), expect = "clear" },
  { name = "90 days used, the window has moved on", facts = third(full), expect = "clear" },
  { name = "90 days used, one day too early", facts = third(full, { reference_date = day(2026, 6, 29) }), expect = over },
  { name = "history late or centre away", facts = third({}, { history_result = "undetermined" }), expect = unknown },
  { name = "history not looked up", facts = third({}, { history_result = "not_performed" }), expect = unknown },
  { name = "exit before entry", facts = third({ stay(2026, 5, 2, 2026, 5, 1) }), expect = unknown },
  { name = "a date that does not exist", facts = third({ stay(2026, 2, 29, 2026, 3, 1) }), expect = unknown },
  { name = "exit after today", facts = third({ stay(2026, 6, 1, 2026, 7, 1) }), expect = unknown },
  { name = "entry without exit, coming in", facts = third({ stay(2026, 6, 1) }),
    expect = { "refer", "eligibility.stay_not_closed", "ineligible" } },
  { name = "leaving on the 90th day", facts = third({ stay(2026, 4, 2) }, { direction = "exit" }), expect = "clear" },
  { name = "leaving on the 91st day", facts = third({ stay(2026, 4, 1) }, { direction = "exit" }), expect = over },
  { name = "entry day without a day", facts = third({ stay(2026, 4, 0, 2026, 4, 9) }), expect = unknown },
}
