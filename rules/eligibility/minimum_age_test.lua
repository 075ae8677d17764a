-- SPDX-License-Identifier: Apache-2.0
local function age(years)
  return { document = { age_years = years } }
end
local minor = { "refer", "eligibility.minor", "minor", 18 }
return {
  { name = "grown up", facts = age(40), expect = "clear" },
  { name = "the day of coming of age", facts = age(18), expect = "clear" },
  { name = "seventeen", facts = age(17), expect = minor },
  { name = "newborn", facts = age(0), expect = minor },
  { name = "unknown", facts = age(-1), expect = { "refer", "eligibility.age_unknown", "minor" } },
}
