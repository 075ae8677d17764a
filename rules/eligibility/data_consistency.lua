-- SPDX-License-Identifier: Apache-2.0
-- Every check that the document's format has must have been made and must have succeeded.
return function(crossing)
  if #crossing.checks == 0 then
    return "refer", "eligibility.no_checks", "document_check_failure"
  end
  for _, check in ipairs(crossing.checks) do
    local result = check.result
    local has_none = result == "not_performed" and check.reason == "mrz.not_in_format"
    if result ~= "successful" and not has_none then
      return "refer", "eligibility.check_" .. result, "document_check_failure", check.name
    end
  end
end
