-- SPDX-License-Identifier: Apache-2.0
-- Visas and permits by what the centre says. Reference date 2026-06-30.
local function day(y, m, d)
  return { year = y, month = m, day = d }
end
local function permit(kind, key, value, more, count)
  local one = { kind = kind, issuer = "NOR", valid_from = day(2026, 1, 1), valid_until = day(2026, 12, 31) }
  if key then one[key] = value end
  if more then one[more] = count end
  return one
end
local function asked(permits, key, value)
  local facts = { document = { nationality = "RKS", issuer = "RKS" }, permits_result = "successful", permits = permits }
  if key then facts[key] = value end
  return facts
end
local needed = { "refer", "eligibility.visa_required", "ineligible", "RKS" }
local unknown = { "refer", "eligibility.permits_unknown", "ineligible" }
local over = { "refer", "eligibility.permit_not_valid", "ineligible" }
local used = { "refer", "eligibility.entries_used_up", "ineligible" }
local visa = { permit("short_stay_visa") }
local once = { permit("short_stay_visa", "entries_allowed", 1, "entries_used", 1) }
return {
  { name = "own citizen", facts = {}, expect = "clear" },
  { name = "visa-free", facts = { document = { nationality = "JPN" }, permits_result = "undetermined" }, expect = "clear" },
  { name = "the centre keeps no permits", facts = asked({}, "permits_result", "not_performed"), expect = needed },
  { name = "what it does not keep counts for nothing", facts = asked(visa, "permits_result", "not_performed"), expect = needed },
  { name = "the centre is away", facts = asked({}, "permits_result", "undetermined"), expect = unknown },
  { name = "not said", facts = asked(visa, "permits_result", "unspecified"), expect = unknown },
  { name = "no permit", facts = asked({}), expect = needed },
  { name = "a visa", facts = asked(visa), expect = "clear" },
  { name = "a residence permit", facts = asked({ permit("residence") }), expect = "clear" },
  { name = "a permit for somewhere near the border", facts = asked({ permit("local_border_traffic") }), expect = needed },
  { name = "a permit of no kind", facts = asked({ permit("unspecified") }), expect = needed },
  { name = "its first day", facts = asked({ permit("residence", "valid_from", day(2026, 6, 30)) }), expect = "clear" },
  { name = "the day before", facts = asked({ permit("residence", "valid_from", day(2026, 7, 1)) }), expect = over },
  { name = "its last day", facts = asked({ permit("residence", "valid_until", day(2026, 6, 30)) }), expect = "clear" },
  { name = "the day after", facts = asked({ permit("residence", "valid_until", day(2026, 6, 29)) }), expect = over },
  { name = "a month that is not known", facts = asked({ permit("residence", "valid_until", day(2026, 0, 0)) }), expect = unknown },
  { name = "without a last day", facts = asked({ { kind = "residence", valid_from = day(2026, 1, 1) } }), expect = unknown },
  { name = "the one entry used", facts = asked(once), expect = used },
  { name = "the one entry used, leaving", facts = asked(once, "direction", "exit"), expect = "clear" },
  { name = "the second of two", facts = asked({ permit("short_stay_visa", "entries_allowed", 2, "entries_used", 1) }), expect = "clear" },
  { name = "one expired, one good", facts = asked({ permit("residence", "valid_until", day(2025, 6, 29)), permit("residence") }),
    expect = "clear" },
}
