-- SPDX-License-Identifier: Apache-2.0
-- The chip, where the lane reads chips: what speaks of its being genuine must have succeeded. The officer is told the check that
-- weighs most, or why there was none: a chip that could not be read is no document that failed.
local order = { "failed", "aborted", "undetermined" }
local not_read = { ["chip.none"] = "non_emrtd", ["chip.no_answer"] = "system_malfunction" }

local function decisive(checks)
  for _, result in ipairs(order) do
    local check = find(checks, "result", result)
    if check then
      return check
    end
  end
end

return function(crossing)
  local result = crossing.chip_result
  if result == "not_performed" or result == "successful" then
    return
  end
  local check = decisive(crossing.chip_checks)
  if not check then
    return "refer", "eligibility.chip_" .. result, "document_check_failure"
  elseif check.name == "chip.read" or check.name == "chip.inspection" then
    return "refer", "eligibility.chip_not_read", not_read[check.reason] or "chip_failure", check.reason
  end
  return "refer", "eligibility.chip_" .. result, "document_check_failure", check.name
end
