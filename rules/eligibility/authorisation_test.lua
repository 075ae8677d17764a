-- SPDX-License-Identifier: Apache-2.0
local function asked(result, key, value)
  local facts = { document = { nationality = "XOM", issuer = "XOM" }, authorisation_result = result }
  if key then facts[key] = value end
  return facts
end
local unknown = { "refer", "eligibility.authorisation_unknown", "ineligible" }
return {
  { name = "needs none", facts = { document = { nationality = "JPN" } }, expect = "clear" },
  { name = "has one", facts = asked("successful"), expect = "clear" },
  { name = "has none", facts = asked("failed"), expect = { "refer", "eligibility.authorisation_missing", "ineligible" } },
  { name = "the centre is away", facts = asked("undetermined"), expect = unknown },
  { name = "nobody was asked", facts = asked("not_performed"), expect = unknown },
  { name = "not said", facts = asked("unspecified"), expect = unknown },
  { name = "leaving", facts = asked("failed", "direction", "exit"), expect = "clear" },
}
