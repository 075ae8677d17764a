-- SPDX-License-Identifier: Apache-2.0
-- The chip, where the lane reads chips: what speaks of its being genuine must have succeeded. The officer is told the check that
-- weighs most.
local order = { "failed", "aborted", "undetermined" }

local function decisive(checks)
  for _, result in ipairs(order) do
    for _, check in ipairs(checks) do
      if check.result == result then
        return check.name
      end
    end
  end
end

return function(crossing)
  local result = crossing.chip_result
  if result ~= "not_performed" and result ~= "successful" then
    return "refer", "eligibility.chip_" .. result, "document_check_failure", decisive(crossing.chip_checks)
  end
end
