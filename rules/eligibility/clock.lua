-- SPDX-License-Identifier: Apache-2.0
-- A gate that does not know the time cannot judge validity, age or stay.
return function(crossing)
  local quality = crossing.clock_quality
  if quality == "unspecified" or quality == "unknown" then
    return "refer", "eligibility.clock_unknown", "clock"
  end
end
