-- SPDX-License-Identifier: Apache-2.0
local function checks(...)
  local list, results = {}, { ... }
  for i = 1, #results do
    list[i] = { name = "check." .. i, result = results[i] }
  end
  return { checks = list }
end
return {
  { name = "none", facts = checks("successful", "successful"), expect = "clear" },
  { name = "one", facts = checks("undetermined", "successful"), expect = "clear" },
  { name = "two", facts = checks("undetermined", "successful", "undetermined"),
    expect = { "refer", "risk.repeated_doubts", "document_check_failure", 2 } },
  { name = "a failure is no doubt", facts = checks("undetermined", "failed"), expect = "clear" },
}
