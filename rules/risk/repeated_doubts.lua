-- SPDX-License-Identifier: Apache-2.0
-- Several checks that could not be concluded: one may be a worn document, more are looked at.
return function(crossing)
  local count = 0
  for _, check in ipairs(crossing.checks) do
    if check.result == "undetermined" then
      count = count + 1
    end
  end
  if count >= pack.doubts then
    return "refer", "risk.repeated_doubts", "document_check_failure", count
  end
end
