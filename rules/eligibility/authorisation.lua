-- SPDX-License-Identifier: Apache-2.0
-- Nationals who need no visa, but must have a travel authorisation before they come.
return function(crossing)
  if crossing.direction == "exit" or not has(pack.authorisation_nationalities, crossing.document.nationality) then
    return
  end
  local result = crossing.authorisation_result
  if result == "failed" then
    return "refer", "eligibility.authorisation_missing", "ineligible"
  elseif result ~= "successful" then
    return "refer", "eligibility.authorisation_unknown", "ineligible"
  end
end
