-- SPDX-License-Identifier: Apache-2.0
-- Reference date 2026-06-30.
local function day(y, m, d)
  return { year = y, month = m, day = d }
end
local function asked(bans, key, value)
  local facts = { document = { nationality = "JPN", issuer = "JPN" }, bans_result = "successful", bans = bans }
  if key then facts[key] = value end
  return facts
end
local banned = { "stop", "eligibility.entry_ban", "database_hit", "SWE" }
local unknown = { "refer", "eligibility.bans_unknown", "ineligible" }
return {
  { name = "free movement", facts = { bans_result = "undetermined" }, expect = "clear" },
  { name = "none", facts = asked({}), expect = "clear" },
  { name = "in force", facts = asked({ { issuer = "SWE", valid_until = day(2027, 1, 1) } }), expect = banned },
  { name = "its last day", facts = asked({ { issuer = "SWE", valid_until = day(2026, 6, 30) } }), expect = banned },
  { name = "over", facts = asked({ { issuer = "SWE", valid_until = day(2026, 6, 29) } }), expect = "clear" },
  { name = "without end", facts = asked({ { issuer = "SWE" } }), expect = banned },
  { name = "an end that is not known", facts = asked({ { issuer = "SWE", valid_until = day(2020, 0, 0) } }), expect = banned },
  { name = "the second", facts = asked({ { issuer = "D", valid_until = day(2020, 1, 1) }, { issuer = "SWE" } }), expect = banned },
  { name = "the centre is away", facts = asked({}, "bans_result", "undetermined"), expect = unknown },
  { name = "not said", facts = asked({}, "bans_result", "unspecified"), expect = unknown },
  { name = "the centre keeps none", facts = asked({}, "bans_result", "not_performed"), expect = "clear" },
  { name = "leaving", facts = asked({ { issuer = "SWE" } }, "direction", "exit"), expect = "clear" },
}
