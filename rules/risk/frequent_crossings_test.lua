-- SPDX-License-Identifier: Apache-2.0
-- Reference date 2026-06-30; the window of 30 days begins on 2026-06-01.
local function entries(days, month)
  local stays = {}
  for i = 1, #days do
    local date = { year = 2026, month = month or 6, day = days[i] }
    stays[i] = { entry_date = date, exit_date = date }
  end
  return { stays = stays, history_result = "successful" }
end
return {
  { name = "no history asked", facts = {}, expect = "clear" },
  { name = "five entries", facts = entries({ 1, 5, 10, 15, 20 }), expect = "clear" },
  { name = "six entries", facts = entries({ 1, 5, 10, 15, 20, 30 }),
    expect = { "refer", "risk.frequent_crossings", "ineligible", 6, 30 } },
  { name = "six entries, all before the window", facts = entries({ 1, 5, 10, 15, 20, 31 }, 5), expect = "clear" },
  { name = "a day that does not exist", facts = entries({ 31 }),
    expect = { "refer", "risk.history_unclear", "ineligible" } },
}
