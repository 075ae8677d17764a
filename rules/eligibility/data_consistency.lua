-- SPDX-License-Identifier: Apache-2.0
-- Every check must have been made and must have succeeded; what a format does not have is not performed.
return function(crossing)
  local checks = crossing.checks
  if #checks == 0 then
    return "refer", "eligibility.no_checks", "document_check_failure"
  end
  for i = 1, #checks do
    local result = checks[i].result
    if result ~= "successful" and result ~= "not_performed" then
      return "refer", "eligibility.check_" .. result, "document_check_failure", checks[i].name
    end
  end
end
