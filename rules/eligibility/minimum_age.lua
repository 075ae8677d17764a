-- SPDX-License-Identifier: Apache-2.0
-- Children go to an officer; so does a traveller whose age cannot be told. The age is the lowest that the printed birth
-- date allows.
return function(crossing)
  local age = crossing.document.age_years
  if age < 0 then
    return "refer", "eligibility.age_unknown", "minor"
  end
  if age < pack.minimum_age_years then
    return "refer", "eligibility.minor", "minor", pack.minimum_age_years
  end
end
